// The authorization endpoint (RFC 6749 section 3.1). A request that needs the person is carried by
// the browser to a page and comes back at /oauth2/authorize/:request.
#include "api/oauth/browser_reply.h"
#include "api/oauth/endpoints.h"
#include "api/oauth/error_reply.h"
#include "auth/core/key_reach.h"
#include "auth/oauth/clients/refused_client.h"
#include "auth/oauth/memory/memory.h"
#include "auth/oauth/protocol/carried_request.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/requests/authorization.h"
#include "auth/oauth/requests/consents.h"
#include "auth/oauth/requests/pushed_request.h"
#include "base/encoding.h"

namespace authd::api::oauth {
namespace {

// What an administrator can do about a request whose client or address is not registered.
std::string how_to_mend(const auth::ReadRequest& read) {
  const auth::AuthorizationRequest& request = read.request;
  if (read.refusal->error.field == "client_id") {
    return "There is no enabled client with the client_id of this request. `authd client list` "
           "shows the ids.";
  }
  if (read.refusal->error.field == "request_uri") {
    return "The application pushed this request (RFC 9126). It has to send the browser here within "
           "a minute, with the client_id for which the request was pushed, and each pushed request "
           "works once.";
  }
  if (read.refusal->error.field.empty()) {
    return "The client " + request.client.id + " sent this request. " + read.refusal->error.message;
  }
  if (request.client.id.empty()) {
    return "The client_id is the address of a document that describes the application "
           "(provider.cimd). Its publisher has to correct it; this server fetches it again after "
           "half a minute.";
  }
  const std::string sent = request.redirect_uri.substr(0, 200);
  if (sent.empty()) {
    return "The request of the client " + request.client.id +
           " has no redirect_uri, and the client has not exactly one registered, or the profile "
           "fapi2, which demands it.";
  }
  const auth::NearestUri nearest =
      auth::nearest_redirect_uri(request.client.redirect_uris, request.redirect_uri);
  std::string text = "The client " + request.client.id + " sent the redirect_uri " + sent + ". ";
  if (nearest.uri.empty()) return text + "No redirect URI is registered for it.";
  text += "The nearest registered one is " + nearest.uri + "; they differ from character " +
          std::to_string(nearest.differs_at + 1) + " on (\"" +
          request.redirect_uri.substr(nearest.differs_at, 20) + "\"). ";
  return text + "Addresses are compared character by character.";
}

// Each request counts once, as what its reply is. An Error in place of the reply becomes a page,
// and counts as that (as_page).
Reply counted(std::atomic<uint64_t>& counter, Reply reply) {
  if (reply) auth::count(counter);
  return reply;
}

// Parameters that name nothing that there is are reasons of their own: the error would only say
// "invalid_request".
Reply counted_refusal(const Context& context, const Error& error, Reply reply,
                      bool names_nothing = false) {
  if (!reply) return reply;
  const auth::Services& s = context.auth();
  const bool is_parameter = names_nothing && !error.field.empty();
  s.oauth.outcomes.count_refusal(is_parameter ? std::string_view(error.field) : error_name(error));
  return counted(
      names_nothing ? s.counters.authorizations_unregistered : s.counters.authorizations_refused,
      std::move(reply));
}

// The error goes to the client, or to the person if the client is to have no browser yet.
Reply tell_client(const Context& context, const auth::AuthorizationRequest& request,
                  const auth::Person* person, const Error& error) {
  const auth::Services& s = context.auth();
  const bool may_return = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    return auth::may_send_back(tx, person, request.client);
  }));
  TRY(auth::end_pushed(s, request));
  const auth::AnswerParameters answer = auth::error_answer(s, request, error);
  return may_return ? answer_client(context, request, answer)
                    : offer_answer(context, request, error, answer);
}

// How to mend it is for administrators: it tells what is registered.
Reply refusal_reply(const Context& context, const auth::ReadRequest& read) {
  const auth::RefusedRequest& refusal = *read.refusal;
  const std::optional<auth::Person> person = TRY(person_of(context));
  if (refusal.redirects)
    return tell_client(context, read.request, person ? &*person : nullptr, refusal.error);
  const bool is_for_admin = person && person->has_role(auth::kAdminRole);
  return refuse_with_page(context, refusal.error, is_for_admin ? how_to_mend(read) : "", {});
}

Reply refuse(const Context& context, const auth::ReadRequest& read) {
  const auth::Services& s = context.auth();
  const auth::RefusedRequest& refusal = *read.refusal;
  s.log.warn("authorization request refused",
             {{"request_id", context.request.request_id},
              {"client_id", read.request.client.id},
              {"error", refusal.error.name},
              {"cause", refusal.error.message},
              {"redirect_uri", read.request.redirect_uri.substr(0, 200)}});
  if (!read.request.client.id.empty()) {
    Error shown = refusal.error;
    if (!refusal.redirects) shown.message = how_to_mend(read);
    auth::note_refusal(s, read.request.client.id, "/oauth2/authorize", shown,
                       context.request.request_id);
  }
  return counted_refusal(context, refusal.error, refusal_reply(context, read), !refusal.redirects);
}

// The page that carries on, and comes back to the request.
Reply send_to_page(const Context& context, const auth::Asking& asking, auth::Step step) {
  const std::string text = TRY(auth::carried_text(context.auth(), asking.carried));
  const std::string& locales = asking.request.ui_locales;
  const std::string languages = locales.empty() ? "" : "&ui_locales=" + percent_encode(locales);
  if (step == auth::Step::ask) {
    return send_to(context, "/consent?request=" + text + languages);
  }
  std::string address = step == auth::Step::sign_up ? "/signup" : "/signin";
  address += "?return_to=" + percent_encode(auth::carried_path(text));
  if (asking.person != nullptr) address += "&again=1";
  const std::string& hint = asking.request.login_hint;
  if (!hint.empty()) address += "&login_hint=" + percent_encode(hint);
  return send_to(context, address + languages);
}

Reply add_factor(const Context& context, const auth::Asking& asking) {
  const std::string text = TRY(auth::carried_text(context.auth(), asking.carried));
  const bool is_passkey = auth::wants_passkey(asking.request);
  return refuse_with_page(
      context, auth::missing_factor(asking.request), "",
      {{is_passkey ? "plain.add_passkey" : "plain.add_factor", "/account/security"},
       {"plain.go_on", auth::carried_path(text)}});
}

Reply stop(const Context& context, const auth::Asking& asking, const Error& error) {
  const std::string text = TRY(auth::carried_text(context.auth(), asking.carried));
  return refuse_with_page(
      context, error, "",
      {{"plain.other_account",
        "/signin?return_to=" + percent_encode(auth::carried_path(text)) + "&again=1"},
       {"plain.account", "/account"}});
}

Reply carry_out(const Context& context, const auth::Asking& asking,
                const auth::Decision& decision) {
  const auth::Services& s = context.auth();
  switch (decision.step) {
    case auth::Step::sign_in:
    case auth::Step::sign_up:
    case auth::Step::ask:
      return counted(s.counters.authorizations_paused,
                     send_to_page(context, asking, decision.step));
    case auth::Step::add_factor:
      return counted(s.counters.authorizations_paused, add_factor(context, asking));
    case auth::Step::stop:
      return counted_refusal(context, decision.error, stop(context, asking, decision.error));
    case auth::Step::refuse:
      return counted_refusal(context, decision.error,
                             tell_client(context, asking.request, asking.person, decision.error));
    case auth::Step::issue: break;
  }
  const std::string code = TRY(auth::grant_code(s, asking, context.origin()));
  return counted(
      s.counters.authorizations_issued,
      answer_client(context, asking.request, auth::code_answer(s, asking.request, code)));
}

void warn_without_pkce(const auth::Services& s, const auth::AuthorizationRequest& request) {
  const std::string& client = request.client.id;
  if (!request.code_challenge.empty() || !s.oauth.pkce_warnings.is_first(client)) return;
  s.log.warn("a client signs people in without PKCE", {{"client_id", client}});
}

Reply answer(const Context& context, const auth::CarriedRequest& carried) {
  const auth::Services& s = context.auth();
  const auth::ReadRequest read = TRY(auth::read_carried_request(s, carried));
  if (read.refusal) return refuse(context, read);
  auth::note_request(s, read.request.client.id, !read.request.code_challenge.empty());
  warn_without_pkce(s, read.request);
  const std::optional<auth::Person> person = TRY(person_of(context));
  const auth::Asking asking{read.request, carried, person ? &*person : nullptr,
                            context.request.client};
  const auth::Decision decision = TRY(auth::decide(s, asking, s.clock.now()));
  const bool is_answer = decision.step == auth::Step::issue || decision.step == auth::Step::refuse;
  if (!is_answer) TRY(auth::keep_begun(s, read.request));
  return carry_out(context, asking, decision);
}

// A failure that has no client to go to yet becomes a page.
Reply as_page(const Context& context, Reply reply) {
  if (reply) return reply;
  const Error& error = reply.error();
  return counted_refusal(context, error, refuse_with_page(context, error, "", {}));
}

Reply authorize_now(const Context& context) {
  const Time now = context.auth().clock.now();
  auth::Parameters parameters = TRY(query_of(context));
  return answer(context, auth::begun_request(std::move(parameters), now));
}

// A form that another site posts brings no session cookie (SameSite=Lax), so the browser comes back
// with GET.
Reply carry_form(const Context& context) {
  const auth::Services& s = context.auth();
  auth::Parameters parameters = TRY(form_of(context));
  const std::string text =
      TRY(auth::carried_text(s, auth::begun_request(std::move(parameters), s.clock.now())));
  return send_to(context, auth::carried_path(text));
}

Reply go_on_now(const Context& context) {
  const auth::Services& s = context.auth();
  const std::optional<auth::CarriedRequest> carried =
      auth::read_carried(s, context.request.param("request"), s.clock.now());
  if (!carried) {
    return Error{
        ErrorCode::malformed,
        "This took longer than an hour, or the link is incomplete. Start again in the application.",
        "", "request_expired"};
  }
  return answer(context, *carried);
}

}  // namespace

Reply authorize(const Context& context) {
  if (context.request.method == http::Method::head) return http::Reply::no_content();
  return as_page(context, authorize_now(context));
}

Reply authorize_by_form(const Context& context) {
  return as_page(context, carry_form(context));
}

Reply go_on(const Context& context) {
  if (context.request.method == http::Method::head) return http::Reply::no_content();
  return as_page(context, go_on_now(context));
}

}  // namespace authd::api::oauth
