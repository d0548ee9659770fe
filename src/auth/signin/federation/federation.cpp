#include "auth/signin/federation/federation.h"

#include <algorithm>

#include "auth/accounts/names/providers.h"
#include "auth/core/audit/audit.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/login_methods.h"
#include "auth/core/server_mac.h"
#include "auth/sessions/step_up.h"
#include "auth/signin/federation/federated_accounts.h"
#include "auth/signin/id_token.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "base/text.h"
#include "config/client_profile.h"
#include "config/reading/providers.h"
#include "crypto/digest.h"
#include "tables/schema.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxCode = 4096;

Error no_such_provider() {
  return Error{ErrorCode::not_found, "There is no such provider."};
}

Error not_trusted() {
  return refused(ErrorCode::unauthenticated, "invalid_id_token",
                 "The provider's answer cannot be trusted; start the login again.");
}

Error refused_there(const std::string& code) {
  const bool is_plain = code.size() <= 64 && std::all_of(code.begin(), code.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || c == '_';
                        });
  return refused(ErrorCode::unauthenticated, "provider_refused",
                 "The provider did not let you in" + (is_plain ? " (" + code + ")." : "."));
}

std::string redirect_uri(const Services& s, const config::Provider& provider,
                         std::string_view own_path) {
  const std::string path(own_path);
  if (!path.empty()) return s.config.public_url + path;
  return s.config.public_url + "/api/v1/auth/providers/" + provider.name + "/callback";
}

// These are derived instead of stored: the nonce from the state, the verifier from the state and a
// secret that only this browser has.
std::string nonce_of(const Services& s, const OneTimeSecret& state) {
  return base64url_encode(server_mac(s, "federation nonce", state.reveal()));
}

std::string verifier_of(const Services& s, const OneTimeSecret& state,
                        const OneTimeSecret& binding) {
  const std::string both = std::string(state.reveal()) + "." + std::string(binding.reveal());
  return base64url_encode(server_mac(s, "federation verifier", both));
}

class Query {
 public:
  Query& add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    text_ += std::string(name) + "=" + percent_encode(value);
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string authorization_url(const Services& s, const config::Provider& provider,
                              const ProviderMetadata& metadata, const OneTimeSecret& state,
                              const OneTimeSecret& binding, std::string_view redirect_path) {
  Query query;
  query.add("response_type", "code")
      .add("client_id", provider.client_id)
      .add("redirect_uri", redirect_uri(s, provider, redirect_path))
      .add("scope", provider.scopes)
      .add("state", state.reveal())
      .add("nonce", nonce_of(s, state))
      .add("code_challenge", base64url_encode(crypto::sha256(verifier_of(s, state, binding))))
      .add("code_challenge_method", "S256");
  if (!provider.prompt.empty()) query.add("prompt", provider.prompt);
  // The addresses of replaced APIs take a GET only.
  if (provider.response_mode == config::ResponseMode::form_post && redirect_path.empty()) {
    query.add("response_mode", "form_post");
  }
  for (const std::string& parameter : provider.extra_params) {
    const size_t at = parameter.find('=');
    query.add(parameter.substr(0, at), parameter.substr(at + 1));
  }
  const bool has_query = metadata.authorization_endpoint.find('?') != std::string::npos;
  return metadata.authorization_endpoint + (has_query ? "&" : "?") + query.text();
}

// Exchanges the code for tokens (RFC 6749 section 4.1.3).
fetch::Request token_request(const Services& s, const config::Provider& provider,
                             const ProviderMetadata& metadata, const FederationAnswer& answer,
                             const OneTimeSecret& binding, std::string_view redirect_path) {
  Query form;
  form.add("grant_type", "authorization_code")
      .add("code", answer.code.reveal())
      .add("redirect_uri", redirect_uri(s, provider, redirect_path))
      .add("code_verifier", verifier_of(s, answer.state, binding));
  fetch::Request request;
  request.url = metadata.token_endpoint;
  if (!provider.client_secret.empty() && metadata.takes_basic) {
    // Both are form-encoded first (section 2.3.1).
    request.headers.push_back("Authorization: Basic " +
                              base64_encode(percent_encode(provider.client_id) + ":" +
                                            percent_encode(provider.client_secret)));
  } else {
    form.add("client_id", provider.client_id);
    if (!provider.client_secret.empty()) form.add("client_secret", provider.client_secret);
  }
  request.form = form.text();
  return request;
}

// An access token that can be sent in a header (RFC 6750 section 2.1).
bool is_header_text(const std::string& token) {
  return !token.empty() &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// Whether the ID token has left something open that the userinfo endpoint may tell.
bool is_incomplete(const config::Provider& provider, const ProvidedPerson& person) {
  if (person.email.empty()) return true;
  const bool needs_word =
      provider.trust_email == config::EmailTrust::verified && !person.states_verified;
  return needs_word || (!provider.groups_claim.empty() && !person.groups);
}

// Takes from userinfo what the ID token does not have.
void add_told(ProvidedPerson& person, ProvidedPerson told) {
  const bool is_same_email = person.email == told.email;
  if (!person.groups) person.groups = std::move(told.groups);
  if (person.email.empty()) {
    person.email = std::move(told.email);
    person.email_verified = told.email_verified;
    person.given_name = std::move(told.given_name);
    person.family_name = std::move(told.family_name);
  } else if (is_same_email && !person.states_verified) {
    person.email_verified = told.email_verified;
  }
}

// Asks the userinfo endpoint for what the ID token does not have. The reply counts only if it has
// the same subject (OpenID Connect Core section 5.3.2).
Result<void> complete(const Services& s, const config::Provider& provider,
                      const ProviderMetadata& metadata, const JsonObject& tokens,
                      SteadyTime deadline, ProvidedPerson& person) {
  const auto access = tokens.optional_string("access_token");
  if (!is_incomplete(provider, person) || metadata.userinfo_endpoint.empty()) return {};
  if (!access || !is_header_text(access->value_or(""))) return {};
  fetch::Request request;
  request.url = metadata.userinfo_endpoint;
  request.headers.push_back("Authorization: Bearer " + **access);
  const Result<JsonObject> claims = s.providers.ask(provider, request, "userinfo", deadline);
  if (!claims) {
    // The login does not depend on a detail, and roles stay as they are.
    if (!provider.groups_claim.empty() && !person.groups) person.has_groups_elsewhere = true;
    return person.email.empty() ? Result<void>(claims.error()) : Result<void>();
  }
  ProvidedPerson told = TRY(parse_person(provider, *claims));
  if (told.subject != person.subject) {
    return Error{ErrorCode::unauthenticated, "userinfo belongs to another subject"};
  }
  add_told(person, std::move(told));
  return {};
}

// providers.<name>.domains: whoever it keeps out has no account here, or has left the organisation.
Result<void> check_domain(const config::Provider& provider, const ProvidedPerson& person) {
  if (provider.domains.empty()) return {};
  const std::string domain = lower(person.email.substr(person.email.rfind('@') + 1));
  const auto& domains = provider.domains;
  if (person.email_verified && std::find(domains.begin(), domains.end(), domain) != domains.end()) {
    return {};
  }
  return refused(ErrorCode::forbidden, "email_domain_refused",
                 "Only people with a verified email of certain domains may sign in here with this "
                 "provider.");
}

Result<ProvidedPerson> ask_who(const Services& s, const config::Provider& provider,
                               const FederationAnswer& answer, const OneTimeSecret& binding,
                               const tables::Journey& journey) {
  const SteadyTime deadline = s.clock.steady_now() + kProviderTimeout;
  const auto metadata = TRY(s.providers.metadata(provider, deadline));
  // RFC 9207: the answer comes from another provider.
  const bool is_of_other =
      answer.issuer ? !config::is_issuer_of(provider, *answer.issuer) : metadata->sends_issuer;
  if (is_of_other) return not_trusted();
  if (!answer.error.empty()) return refused_there(answer.error);
  if (answer.code.empty() || answer.code.reveal().size() > kMaxCode)
    return refused_there("no_code");
  const fetch::Request request =
      token_request(s, provider, *metadata, answer, binding, journey.redirect_path);
  const JsonObject tokens = TRY(s.providers.ask(provider, request, "token", deadline));
  const auto refused = [&](std::string_view cause) {
    s.log.warn("an ID token was refused", {{"provider", provider.name}, {"cause", cause}});
    return not_trusted();
  };
  const auto text = tokens.optional_string("id_token");
  const std::string compact = text ? text->value_or("") : "";
  const Result<crypto::Jws> token = crypto::parse_compact(compact, crypto::kMaxIdTokenBytes);
  if (!token) return refused(cause_of_unreadable(compact));
  const auto keys = TRY(s.providers.keys_for(provider, *token, deadline));
  const IdTokenWanted wanted{provider, nonce_of(s, answer.state), journey.created_at};
  Result<ProvidedPerson> person = check_id_token(*token, keys, wanted, s.clock.now());
  if (!person) return refused(person.error().message);
  const Result<void> completed = complete(s, provider, *metadata, tokens, deadline, *person);
  if (!completed) {
    if (completed.error().code == ErrorCode::unavailable) return completed.error();
    return refused(completed.error().message);
  }
  apply_trust(provider, *person);
  TRY(check_domain(provider, *person));
  return person;
}

// Whether the journey links a provider to the account that began it; otherwise it is a login.
bool is_linking(const tables::Journey& journey) {
  return journey.user.has_value();
}

// Records a failed login; an invalid credential counts against the address.
Error note_failure(const Services& s, const Attempt& attempt, const Origin& origin,
                   const config::Provider& provider, std::optional<UserId> subject, Error error) {
  const Time now = s.clock.now();
  const Result<void> noted = s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (error.code == ErrorCode::unauthenticated) static_cast<void>(attempt.fail(tx, now));
    audit(s, tx, origin, {"federated_login", subject, "refused", provider.name, error.name}, now);
    return {};
  });
  count(s.counters.logins_refused);
  return noted ? error : noted.error();
}

}  // namespace

Error bad_state() {
  return refused(
      ErrorCode::unauthenticated, "invalid_state",
      "This login was started elsewhere, took too long or was already used; start it again.");
}

Result<FederationStart> begin_federation(const Services& s, std::string_view name,
                                         const Person* caller, const OneTimeSecret& browser,
                                         const WayBack& way_back, const Origin& origin,
                                         const std::optional<OneTimeSecret>& invitation) {
  TRY(require_method(s.config, LoginMethod::providers));
  const Time now = s.clock.now();
  const config::Provider* provider = s.providers.find(name);
  if (provider == nullptr) return no_such_provider();
  if (caller != nullptr) TRY(require_fresh_proof(*caller, now));
  const Providers::Permit permit = TRY(s.providers.enter());
  const auto metadata =
      TRY(s.providers.metadata(*provider, s.clock.steady_now() + kProviderTimeout));
  NewJourney journey = make_journey(s, tables::JourneyKind::provider, browser, way_back, now);
  tables::Journey& row = journey.row;
  row.provider = provider->name;
  row.redirect_path = config::profile_of(origin.client).federation_path;
  if (invitation) row.invitation = token_id(*invitation).value_or("");
  if (caller != nullptr) {
    row.user = caller->user().id;
    row.session = caller->session().id;
  }
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::journeys.insert(tx, row);
    if (caller != nullptr) {
      audit(s, tx, origin, {"identity_link_asked", row.user, "ok", provider->name}, now);
    }
    return {};
  }));
  return FederationStart{
      authorization_url(s, *provider, *metadata, journey.state, journey.binding, row.redirect_path),
      std::move(journey.binding)};
}

Result<FederationOutcome> finish_federation(const Services& s, std::string_view name,
                                            const FederationAnswer& answer,
                                            const OneTimeSecret& binding, const Origin& origin) {
  const config::Provider* provider = s.providers.find(name);
  if (provider == nullptr) return no_such_provider();
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  // Before the state is consumed, so that a login that has to wait can continue later.
  const Providers::Permit permit = TRY(s.providers.enter());
  const Time now = s.clock.now();
  using Taken = std::optional<tables::Journey>;
  const Taken journey = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<Taken> {
    return take_journey(tx, tables::JourneyKind::provider, answer.state, binding, now);
  }));
  // A login that another API began must end at the address of that API.
  const bool is_here = journey && journey->provider == provider->name &&
                       journey->redirect_path == config::profile_of(origin.client).federation_path;
  if (!is_here) return note_failure(s, attempt, origin, *provider, std::nullopt, bad_state());
  const Result<ProvidedPerson> person = ask_who(s, *provider, answer, binding, *journey);
  if (!person) return note_failure(s, attempt, origin, *provider, journey->user, person.error());
  Result<FederationOutcome> outcome = bad_state();
  if (is_linking(*journey)) {
    Origin owner = origin;
    owner.actor = journey->user;
    Result<tables::Identity> linked = link_person(s, *provider, *person, *journey, owner);
    if (linked) return FederationOutcome(std::move(*linked));
    outcome = linked.error();
  } else {
    Result<LoginOutcome> done =
        sign_in_person(s, *provider, *person, journey->invitation, attempt, origin);
    if (done) return FederationOutcome(std::move(*done));
    outcome = done.error();
  }
  return note_failure(s, attempt, origin, *provider, journey->user, outcome.error());
}

}  // namespace authd::auth
