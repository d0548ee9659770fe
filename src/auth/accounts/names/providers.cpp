#include "auth/accounts/names/providers.h"

#include <algorithm>

#include "base/json_writer.h"
#include "base/refusal.h"
#include "config/reading/providers.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxKeys = 200;  // in a set
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr JsonLimits kJson{fetch::kMaxReplyBytes, 16};

Error no_answer() {
  return Error{
      .code = ErrorCode::unavailable,
      .message = "The provider does not answer; try again in a moment.",
      .name = "provider_unavailable",
      .retry_after_s = static_cast<int>(std::chrono::ceil<Seconds>(kFailurePause).count())};
}

// It does answer, so trying again does not help.
Error unreadable_answer() {
  return Error{
      .code = ErrorCode::unavailable,
      .message =
          "The provider's reply cannot be read here. The cause is in the log of this server.",
      .name = "provider_unreadable"};
}

std::string cause_of_unreadable_json(std::string_view body, const Error& error) {
  if (!crypto::parse_compact(body, fetch::kMaxReplyBytes)) return error.message;
  return "it is a signed JWT (application/jwt), and authd reads JSON: switch signed userinfo off "
         "for this client there (userinfo_signed_response_alg)";
}

Error bad_answer(std::string cause) {
  return Error{ErrorCode::invalid, std::move(cause)};
}

// An address from the provider. An issuer reached over https must not send us anywhere else.
Result<std::string> endpoint(const JsonObject& json, std::string_view name,
                             std::string_view issuer) {
  std::string url = TRY(json.string(name));
  const bool is_plain = url.starts_with("http://") && issuer.starts_with("https://");
  if (is_plain || !fetch::is_allowed_url(url) || url.find('#') != std::string::npos) {
    return bad_answer(std::string(name) + " is not an https address");
  }
  return url;
}

// Only the members that define the key.
std::string key_members(const JsonObject& jwk) {
  JsonWriter json;
  json.begin_object();
  for (const std::string_view name :
       {"kty", "crv", "x", "y", "n", "e", "d", "use", "key_ops", "alg"}) {
    if (!jwk.has(name)) continue;
    json.key(name);
    jwk.write(name, json);
  }
  json.end_object();
  return json.take();
}

// Adds the key, once for each of its algorithms; false if it is not one that authd uses.
bool add_key(const JsonObject& jwk, std::vector<ProviderKey>& keys) {
  const auto kid = jwk.optional_string("kid");
  if (!kid) return false;
  Result<std::vector<crypto::SigningKey>> found =
      crypto::SigningKey::all_from_public_jwk(key_members(jwk));
  if (!found) return false;
  for (crypto::SigningKey& key : *found) {
    keys.push_back({kid->value_or(""), std::make_shared<const crypto::SigningKey>(std::move(key))});
  }
  return true;
}

// RFC 8259 section 8.1 allows to ignore it, and some servers write it.
std::string_view without_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

}  // namespace

std::string discovery_url(std::string_view issuer) {
  // OpenID Connect Discovery 1.0 section 4.1: a trailing slash is not doubled.
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  std::string url(issuer);
  // Microsoft Entra has the document of all tenants in the place of a tenant.
  const size_t at = url.find(config::kTenantPlace);
  if (at != std::string::npos) url.replace(at, config::kTenantPlace.size(), "common");
  return url + "/.well-known/openid-configuration";
}

Result<ProviderMetadata> parse_metadata(std::string_view text, std::string_view issuer) {
  const JsonObject json = TRY(JsonObject::parse(without_mark(text), kJson));
  // Section 4.3: it must be identical; otherwise the document belongs to another issuer.
  if (TRY(json.string("issuer")) != issuer) {
    return bad_answer("its discovery document names the issuer " + TRY(json.string("issuer")));
  }
  ProviderMetadata found;
  found.authorization_endpoint = TRY(endpoint(json, "authorization_endpoint", issuer));
  found.token_endpoint = TRY(endpoint(json, "token_endpoint", issuer));
  found.jwks_uri = TRY(endpoint(json, "jwks_uri", issuer));
  if (json.has("userinfo_endpoint")) {
    found.userinfo_endpoint = TRY(endpoint(json, "userinfo_endpoint", issuer));
  }
  const auto methods = TRY(json.optional_strings("token_endpoint_auth_methods_supported"));
  // Absent: client_secret_basic (section 3).
  found.takes_basic = !methods || std::find(methods->begin(), methods->end(),
                                            "client_secret_basic") != methods->end();
  found.sends_issuer =
      TRY(json.optional_boolean("authorization_response_iss_parameter_supported")).value_or(false);
  return found;
}

std::vector<ProviderKey> parse_key_set(std::string_view json) {
  std::vector<ProviderKey> keys;
  const Result<JsonObject> set = JsonObject::parse(without_mark(json), kJson);
  if (!set) return keys;
  const auto members = set->optional_objects("keys");
  if (!members || !*members) return keys;
  size_t count = 0;
  for (const JsonObject& jwk : **members) {
    if (count == kMaxKeys) break;
    count += add_key(jwk, keys) ? 1 : 0;
  }
  return keys;
}

const config::Provider* Providers::find(std::string_view name) const {
  for (const config::Provider& provider : config_.providers) {
    if (provider.name == name) return &provider;
  }
  return nullptr;
}

Providers::Permit::~Permit() {
  if (providers_ == nullptr) return;
  const std::lock_guard lock(providers_->mutex_);
  providers_->waiting_ -= 1;
}

Result<Providers::Permit> Providers::enter() {
  const std::lock_guard lock(mutex_);
  if (waiting_ >= kMaxOutgoing) {
    return Error{
        .code = ErrorCode::busy,
        .message = "Many logins are already waiting for their provider; try again in a moment.",
        .retry_after_s = 2};
  }
  waiting_ += 1;
  return Permit(*this);
}

Providers::State& Providers::state_of(const config::Provider& provider) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<State>& state = states_[provider.name];
  if (!state) state = std::make_unique<State>();
  return *state;
}

Result<std::string> Providers::get(const config::Provider& provider, State& state,
                                   const std::string& url, std::string_view what,
                                   SteadyTime deadline) {
  const SteadyTime now = clock_.steady_now();
  if (state.failed_at && now < *state.failed_at + kFailurePause) return no_answer();
  fetch::Request request;
  request.url = url;
  request.ca_file = provider.ca_file;
  request.timeout = std::chrono::duration_cast<Milliseconds>(deadline - now);
  Result<fetch::Reply> reply = client_.send(request);
  if (reply && reply->status == 200) {
    state.failed_at.reset();
    return std::move(reply->body);
  }
  const std::string cause =
      reply ? "status " + std::to_string(reply->status) : reply.error().message;
  note_failure(provider, what, url + ": " + cause);
  state.failed_at = clock_.steady_now();
  return no_answer();
}

uint64_t Providers::failures(const config::Provider& provider) {
  return state_of(provider).failures.load();
}

void Providers::note_failure(const config::Provider& provider, std::string_view what,
                             std::string_view cause) {
  state_of(provider).failures.fetch_add(1);
  log_.error("a provider does not answer as it should",
             {{"provider", provider.name}, {"what", what}, {"cause", cause}});
}

Result<std::shared_ptr<const ProviderMetadata>> Providers::metadata_locked(
    const config::Provider& provider, State& state, SteadyTime deadline) {
  if (state.metadata_times.is_fresh(clock_.steady_now())) return state.metadata;
  const std::string text =
      TRY(get(provider, state, discovery_url(provider.issuer), "discovery", deadline));
  Result<ProviderMetadata> parsed = parse_metadata(text, provider.issuer);
  if (!parsed) {
    note_failure(provider, "discovery", parsed.error().message);
    state.failed_at = clock_.steady_now();
    return no_answer();
  }
  state.metadata = std::make_shared<const ProviderMetadata>(std::move(*parsed));
  state.metadata_times.note_success(clock_.steady_now());
  return state.metadata;
}

Result<std::shared_ptr<const ProviderMetadata>> Providers::metadata(
    const config::Provider& provider, SteadyTime deadline) {
  State& state = state_of(provider);
  const std::lock_guard lock(state.mutex);
  return metadata_locked(provider, state, deadline);
}

Result<void> Providers::fetch_keys(const config::Provider& provider, State& state,
                                   SteadyTime deadline) {
  const auto metadata = TRY(metadata_locked(provider, state, deadline));
  const std::string text = TRY(get(provider, state, metadata->jwks_uri, "keys", deadline));
  state.keys = parse_key_set(text);
  state.key_times.note_success(clock_.steady_now());
  return {};
}

Result<std::vector<VerifyingKey>> Providers::keys_for(const config::Provider& provider,
                                                      const crypto::Jws& token,
                                                      SteadyTime deadline) {
  State& state = state_of(provider);
  const std::lock_guard lock(state.mutex);
  const auto matching = [&] {
    std::vector<VerifyingKey> found;
    for (const ProviderKey& candidate : state.keys) {
      const bool is_named = token.kid.empty() || candidate.kid == token.kid;
      if (is_named && crypto::name(candidate.key->algorithm()) == token.alg) {
        found.push_back(candidate.key);
      }
    }
    return found;
  };
  const SteadyTime now = clock_.steady_now();
  if (state.keys.empty() || !state.key_times.is_fresh(now)) {
    TRY(fetch_keys(provider, state, deadline));
    return matching();
  }
  std::vector<VerifyingKey> found = matching();
  if (!found.empty() || !state.key_times.may_refetch(now)) return found;
  state.key_times.note_refetch(now);
  TRY(fetch_keys(provider, state, deadline));
  return matching();
}

Result<JsonObject> Providers::ask(const config::Provider& provider, fetch::Request request,
                                  std::string_view what, SteadyTime deadline) {
  request.ca_file = provider.ca_file;
  request.timeout = std::chrono::duration_cast<Milliseconds>(deadline - clock_.steady_now());
  const Result<fetch::Reply> reply = client_.send(request);
  const bool is_answer = reply && (reply->status == 200 || reply->status == 201);
  if (is_answer) {
    Result<JsonObject> json = JsonObject::parse(without_mark(reply->body), kJson);
    if (json) return json;
    note_failure(provider, what, cause_of_unreadable_json(reply->body, json.error()));
    return unreadable_answer();
  }
  note_failure(provider, what,
               reply ? "status " + std::to_string(reply->status) : reply.error().message);
  if (reply && reply->status >= 400 && reply->status < 500) {
    return refused(ErrorCode::unauthenticated, "provider_refused",
                   "The provider did not confirm this login; start it again.");
  }
  return no_answer();
}

}  // namespace authd::auth
