#include "auth/oauth/requests/authorization.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/refresh_token.h"
#include "auth/core/ways.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/acr.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/requests/consents.h"
#include "auth/oauth/requests/pushed_request.h"
#include "auth/oauth/strangers/document_clients.h"
#include "auth/oauth/tokens/code_exchange.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/roles.h"
#include "base/refusal.h"
#include "base/text.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using Decided = std::optional<Decision>;

Decision refusal(std::string_view name, std::string message) {
  return {Step::refuse, refused(ErrorCode::malformed, name, std::move(message))};
}

// A step that shows the person a page; prompt=none forbids all of them.
Decision page(const Asking& asking, Step step, std::string_view name_if_none) {
  if (asking.request.has_prompt(kPromptNone)) {
    return refusal(name_if_none,
                   "The person would have to see a page, and prompt=none forbids it.");
  }
  return {step, {}};
}

// The person, not the application, can do something about it, unless nobody may see a page. The
// reason finds the text in the person's language.
Decision shut_out(const Asking& asking, std::string_view reason, std::string message) {
  if (asking.request.has_prompt(kPromptNone)) return refusal("access_denied", std::move(message));
  Error error = refused(ErrorCode::forbidden, "access_denied", std::move(message));
  error.reason = reason;
  return {Step::stop, std::move(error)};
}

const tables::Session& session_of(const Asking& asking) {
  return asking.person->session();
}

// Whether the person signed in after the request came. So what a request asks of the login is asked
// once.
bool has_signed_in_for_it(const Asking& asking, Time now) {
  const Time at = session_of(asking).auth_time;
  return at > asking.carried.asked_at && at <= now;
}

// The client has the ID token of the hint from this server. What it says in the claims parameter is
// its own: it must not find out whether it has guessed the subject that others see.
Result<bool> is_right_person(const Services& s, const Asking& asking) {
  const AuthorizationRequest& request = asking.request;
  const tables::User& user = asking.person->user();
  const std::string& hinted = request.hinted_subject;
  const std::string& asked = request.asked.subject;
  if (!hinted.empty() && !TRY(means_person(s, request.client, user, hinted))) return false;
  return asked.empty() || asked == TRY(subject_for(s, request.client, user));
}

// Who is to be signed in, and how lately.
Result<Decided> decide_login(const Services& s, const Asking& asking, Time now, Trace* trace) {
  const AuthorizationRequest& request = asking.request;
  if (!passes(trace, "signed in", asking.person != nullptr, "a browser session")) {
    const bool is_new = request.has_prompt(kPromptCreate);
    return Decided(page(asking, is_new ? Step::sign_up : Step::sign_in, "login_required"));
  }
  const bool is_right = TRY(is_right_person(s, asking));
  if (!passes(trace, "person", is_right,
              is_right ? "nobody else is named by id_token_hint or the claims parameter"
                       : "id_token_hint or the claims parameter names somebody else")) {
    return Decided(page(asking, Step::sign_in, "login_required"));
  }
  const bool is_created =
      !request.has_prompt(kPromptCreate) || session_of(asking).created_at > asking.carried.asked_at;
  if (!passes(trace, "prompt=create", is_created,
              is_created ? "not asked for, or this session began after the request"
                         : "this session began before the request")) {
    return Decided(page(asking, Step::sign_up, "login_required"));
  }
  const bool is_prompted = !request.has_prompt(kPromptLogin) || has_signed_in_for_it(asking, now);
  if (!passes(trace, "prompt=login", is_prompted,
              is_prompted ? "not asked for, or the person signed in for this request"
                          : "the person has not signed in for this request")) {
    return Decided(page(asking, Step::sign_in, "login_required"));
  }
  // A login from a time when the clock was ahead has no age.
  const Time at = session_of(asking).auth_time;
  const bool is_young = !request.max_age || has_signed_in_for_it(asking, now) ||
                        (at <= now && now <= at + *request.max_age);
  if (!passes(trace, "max_age", is_young, [&] {
        return "the person signed in at " + format_rfc3339(session_of(asking).auth_time);
      })) {
    return Decided(page(asking, Step::sign_in, "login_required"));
  }
  return Decided();
}

}  // namespace

bool wants_passkey(const AuthorizationRequest& request) {
  const auto is_weaker = [](const std::string& acr) { return reaches(kSeveralFactors, acr); };
  const std::vector<std::string>& acrs = request.asked.acrs;
  const bool is_asked = request.asked.is_acr_essential && contains(acrs, kPhishingResistant) &&
                        std::none_of(acrs.begin(), acrs.end(), is_weaker);
  return is_asked || request.client.required_acr == kPhishingResistant;
}

namespace {

// How strong the login must be: what the client is registered with, and what the request calls
// essential. Other acr_values are wishes, which cost a person one more step only if the account has
// a second factor anyway.
Decided decide_strength(const Asking& asking, Time now, Trace* trace) {
  const AuthorizationRequest& request = asking.request;
  const std::string_view has = acr_of(session_of(asking).amr);
  std::vector<std::string> needed;
  if (request.asked.is_acr_essential) needed = request.asked.acrs;
  const auto is_known = [](const std::string& acr) { return contains(kAcrs, acr); };
  if (!needed.empty() && std::none_of(needed.begin(), needed.end(), is_known)) {
    return refusal("unmet_authentication_requirements",
                   "This server knows the classes " + joined(kAcrs, " and ") + ".");
  }
  const auto is_reached = [&](const std::string& acr) { return reaches(has, acr); };
  const bool is_strong =
      (request.client.required_acr.empty() || is_reached(request.client.required_acr)) &&
      (needed.empty() || std::any_of(needed.begin(), needed.end(), is_reached));
  const tables::User& user = asking.person->user();
  const auto may_reach = [&](bool is_passkey) {
    return user.passkeys > 0 || (!is_passkey && has_factor(user));
  };
  // A trusted device was not asked for the second factor. In a browser that is signed in, it is
  // (auth/sessions/known_devices.h).
  const bool has_skipped = has_factor(user) && !has_second_factor(session_of(asking).amr);
  if (!passes(trace, "strength", is_strong,
              [&] { return "the login has the class " + std::string(has); })) {
    // People who have just signed in with something weaker may not have the stronger factor with
    // them.
    const bool may_try =
        may_reach(wants_passkey(request)) && (!has_signed_in_for_it(asking, now) || has_skipped);
    return page(asking, may_try ? Step::sign_in : Step::add_factor,
                "unmet_authentication_requirements");
  }
  const std::string wish = request.acr_values.empty() ? "" : request.acr_values.front();
  const bool is_wish_open =
      contains(kAcrs, wish) && !is_reached(wish) && may_reach(wish == kPhishingResistant);
  const bool is_asked = has_signed_in_for_it(asking, now) && !has_skipped;
  if (is_wish_open && !request.has_prompt(kPromptNone) && !is_asked) {
    passes(trace, "acr_values", false,
           "the request asks for a stronger login, which the account makes possible");
    return page(asking, Step::sign_in, "login_required");
  }
  return std::nullopt;
}

// Whether the person may enter the application at all, from there.
Decided decide_entry(const Asking& asking, Trace* trace) {
  const tables::Client& client = asking.request.client;
  const bool has_role = has_role_for(client, asking.person->roles());
  if (!passes(trace, "roles", has_role,
              has_role ? "the client lets in everybody, or a role of the person"
                       : "the person has none of the roles that the client lets in")) {
    return shut_out(asking, "roles",
                    "Your account may not use this application. An administrator can let "
                    "you in.");
  }
  const bool is_inside =
      client.networks.empty() ||
      std::any_of(client.networks.begin(), client.networks.end(), [&](const std::string& text) {
        const std::optional<Network> network = Network::parse(text);
        return network && network->contains(asking.address);
      });
  if (!passes(trace, "networks", is_inside,
              is_inside ? "the client lets in this address"
                        : "this address is in none of the networks of the client")) {
    return shut_out(asking, "network", "This application cannot be used from this network.");
  }
  return std::nullopt;
}

// An answer counts in the session in which it was given.
bool is_answered(const Asking& asking) {
  return asking.carried.answer == Answer::allowed &&
         asking.carried.answered_by == session_of(asking).id;
}

// Never a client that chose its addresses itself: it could change them after an administrator's
// review.
bool skips_consent(const tables::Client& client) {
  return client.skips_consent && !is_strangers(client);
}

Result<Decided> decide_consent(const Services& s, const Asking& asking, Trace* trace) {
  const AuthorizationRequest& request = asking.request;
  // Anybody's program on the person's machine may pose as such a client (RFC 8252 section 8.6).
  const bool is_unproved = request.client.is_public && is_unprovable(request.redirect_uri);
  const bool is_asked_for = request.has_prompt(kPromptConsent) || request.has_prompt(kPromptSelect);
  const bool has_answered = is_answered(asking);
  bool is_allowed = skips_consent(request.client) && !has_answered;
  if (!is_allowed) {
    is_allowed = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
      return has_consent(tx, asking.person->user().id, request);
    }));
  }
  if ((is_unproved || is_asked_for) && !has_answered) is_allowed = false;
  const std::string_view why_asked =
      is_unproved && !has_answered
          ? "any program on the device can pose as this public client, so people are asked"
          : "the person has not allowed all of this, or is to be asked again";
  if (passes(trace, "consent", is_allowed,
             is_allowed ? "allowed by the person, or not asked by this client" : why_asked)) {
    return Decided();
  }
  return Decided(page(asking, Step::ask, "consent_required"));
}

// What the transaction of the end needs, read before it.
struct End {
  tables::Grant grant;
  MadeGrantCode code;
  std::vector<tables::Grant> evicted;
};

Result<End> prepare_end(const Services& s, const Asking& asking, Time now) {
  const AuthorizationRequest& request = asking.request;
  End end;
  end.grant = waiting_grant(s, asking, now, now + s.config.provider.code_ttl);
  const tables::Grant& grant = end.grant;
  end.code = make_grant_code(s, now);
  tables::AuthorizationCode& code = end.code.row;
  code.grant = grant.id;
  code.client = request.client.id;
  code.redirect_uri = request.redirect_uri;
  code.named_redirect_uri = request.named_redirect_uri;
  code.code_challenge = request.code_challenge;
  code.nonce = request.nonce;
  code.dpop_jkt = request.dpop_jkt;
  end.evicted = TRY(waiting_to_evict(s, grant.user, grant.client, now));
  return end;
}

Error changed() {
  return refused(ErrorCode::conflict, "client_changed",
                 "The application has just changed; start again.");
}

// Whether the person need not be asked, or has not taken back the answer.
bool is_allowed_still(store::Reader& tx, const Asking& asking, UserId user) {
  const bool is_skipped = skips_consent(asking.request.client) && !is_answered(asking);
  return is_skipped || has_consent(tx, user, asking.request);
}

}  // namespace

Error missing_factor(const AuthorizationRequest& request) {
  if (wants_passkey(request)) {
    return refused(ErrorCode::forbidden, "passkey_missing",
                   "This application asks for a sign-in with a passkey. Add one if you have none, "
                   "then continue and sign in with it.");
  }
  return refused(ErrorCode::forbidden, "factor_missing",
                 "This application asks for a second factor, and your account has none. Add one, "
                 "then continue.");
}

tables::Grant waiting_grant(const Services& s, const Asking& asking, Time now, Time expires_at) {
  const AuthorizationRequest& request = asking.request;
  const tables::Session& session = session_of(asking);
  tables::Grant grant;
  grant.id = s.random.bytes(kSessionIdBytes);
  grant.user = asking.person->user().id;
  grant.client = request.client.id;
  grant.scopes = wanted_scopes(request);
  grant.session = session.id;
  grant.resources = request.resources;
  grant.claims = request.claims;
  grant.created_at = now;
  grant.auth_time = session.auth_time;
  grant.amr = session.amr;
  grant.expires_at = expires_at;
  return grant;
}

Result<LiveSession> same_as_decided(store::Reader& tx, const Asking& asking, Time now) {
  LiveSession live = TRY(still_signed_in(tx, *asking.person, now));
  const tables::Client& decided = asking.request.client;
  const std::optional<tables::Client> client = find_client(tx, decided.id);
  // Of a client with a document, that decides, and settle_document() makes the row follow.
  const bool is_same =
      client && !client->disabled &&
      (decided.origin == kDocumentOrigin ||
       (client->created_at == decided.created_at && client->updated_at == decided.updated_at));
  std::vector<std::string> roles;
  std::vector<std::string> permissions;
  load_roles(tx, live.user, roles, permissions);
  if (is_same && has_role_for(*client, roles)) return live;
  return changed();
}

std::string_view word_of(Step step) {
  switch (step) {
    case Step::sign_in: return "sign_in";
    case Step::sign_up: return "sign_up";
    case Step::add_factor: return "add_factor";
    case Step::ask: return "ask";
    case Step::refuse: return "refuse";
    case Step::stop: return "stop";
    case Step::issue: return "issue";
  }
  __builtin_unreachable();
}

Result<std::optional<Decision>> decide_person(const Services& s, const Asking& asking, Time now,
                                              Trace* trace) {
  if (Decided login = TRY(decide_login(s, asking, now, trace))) return login;
  const bool is_denied = asking.carried.answer == Answer::denied &&
                         asking.carried.answered_by == session_of(asking).id;
  if (!passes(trace, "answer", !is_denied,
              is_denied ? "the person has just refused" : "the person has not refused")) {
    return Decided(refusal("access_denied", "The person did not allow it."));
  }
  if (Decided strength = decide_strength(asking, now, trace)) return strength;
  return decide_entry(asking, trace);
}

Result<Decision> decide(const Services& s, const Asking& asking, Time now, Trace* trace) {
  if (const Decided person = TRY(decide_person(s, asking, now, trace))) return *person;
  if (const Decided consent = TRY(decide_consent(s, asking, trace))) return *consent;
  return Decision{Step::issue, {}};
}

Result<std::string> answer_request(const Services& s, const Asking& asking, Answer answer,
                                   const Origin& origin) {
  const Time now = s.clock.now();
  CarriedRequest answered = asking.carried;
  answered.answer = answer;
  answered.answered_by = session_of(asking).id;
  const std::string text = TRY(carried_text(s, answered));
  if (answer != Answer::allowed) return text;
  const bool is_known = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    return has_consent(tx, asking.person->user().id, asking.request);
  }));
  if (is_known) return text;
  TRY(check_document_room(s, asking.request.client));
  return s.store.write([&](store::WriteTxn& tx) -> Result<std::string> {
    TRY(settle_document(s, tx, asking.request.client, asking.person->user().id, origin, now));
    const LiveSession live = TRY(same_as_decided(tx, asking, now));
    if (has_consent(tx, live.user.id, asking.request)) return text;
    remember_consent(tx, live.user.id, asking.request, now);
    audit(s, tx, by(origin, live.user.id),
          {"consent_given", live.user.id, "ok", asking.request.client.id,
           joined(wanted_scopes(asking.request), " ")},
          now);
    return text;
  });
}

Result<std::string> grant_code(const Services& s, const Asking& asking, const Origin& origin) {
  const Time now = s.clock.now();
  const End end = TRY(prepare_end(s, asking, now));
  TRY(check_document_room(s, asking.request.client));
  return s.store.write([&](store::WriteTxn& tx) -> Result<std::string> {
    TRY(settle_document(s, tx, asking.request.client, asking.person->user().id, origin, now));
    const LiveSession live = TRY(same_as_decided(tx, asking, now));
    // "Remove access" may have come since: the grant would outlive it.
    if (!is_allowed_still(tx, asking, live.user.id)) {
      return refused(ErrorCode::conflict, "client_changed",
                     "The application's access has just been removed; start again.");
    }
    TRY(use_up_pushed(tx, asking.request));
    evict_grants(tx, end.evicted);
    tables::Grant grant = end.grant;
    grant.epoch = live.user.session_epoch;
    tables::grants.put(tx, grant);
    tables::grant_codes.insert(tx, end.code.row);
    note_client_use(tx, grant.client, now);
    audit(s, tx, by(origin, grant.user),
          {"client_entered", grant.user, "ok", grant.client, joined(grant.scopes, " ")}, now);
    return end.code.code;
  });
}

}  // namespace authd::auth
