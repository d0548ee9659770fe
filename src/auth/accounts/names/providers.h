// The providers that people sign in with: their discovery metadata and their signing keys. Both are
// fetched when they are first needed and cached. Logins through a slow or unreachable provider
// occupy few threads and hold no lock of other providers.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/core/fetch_times.h"
#include "base/json.h"
#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "config/config.h"
#include "crypto/jose/jwt.h"
#include "fetch/client.h"

namespace authd::auth {

// All requests of one login to a provider must finish within this time.
inline constexpr Milliseconds kProviderTimeout = std::chrono::seconds(10);
// How many logins may wait for providers at the same time, in total.
inline constexpr unsigned kMaxOutgoing = 4;
// A provider that did not answer is not contacted again before this time has passed.
inline constexpr Milliseconds kFailurePause = std::chrono::seconds(5);

// The parts of OpenID Connect Discovery 1.0 section 3 that authd uses.
struct ProviderMetadata {
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string jwks_uri;
  std::string userinfo_endpoint;  // may be empty
  bool takes_basic = true;    // the client secret is sent with HTTP Basic, otherwise in the form
  bool sends_issuer = false;  // RFC 9207: the response names its issuer
};

// The address of the provider's discovery document, and the parts that authd uses. Error:
// `invalid`, with the cause for the operator: the document belongs to another issuer, or contains
// an invalid address.
std::string discovery_url(std::string_view issuer);
Result<ProviderMetadata> parse_metadata(std::string_view text, std::string_view issuer);

// The keys with which a provider signs tokens: a JWK Set (RFC 7517 section 5) without keys for
// other purposes, for other algorithms than those of crypto/jose/algorithm.h, and weak keys
// (crypto/jose/public_jwk.h). An RSA key without "alg" comes once for each algorithm that it may be
// for.
using VerifyingKey = std::shared_ptr<const crypto::SigningKey>;
struct ProviderKey {
  std::string kid;  // empty: the key has no id
  VerifyingKey key;
};
std::vector<ProviderKey> parse_key_set(std::string_view json);

// Thread-safe. Fetching may take until `deadline`.
class Providers {
 public:
  Providers(const config::Config& config, fetch::Client& client, const Clock& clock, Log& log)
      : config_(config), client_(client), clock_(clock), log_(log) {}

  // Null if it does not exist.
  const config::Provider* find(std::string_view name) const;

  // One of the kMaxOutgoing places for waiting logins. Error: `busy` with retry_after_s.
  class Permit {
   public:
    explicit Permit(Providers& providers) : providers_(&providers) {}
    ~Permit();
    Permit(Permit&& other) noexcept : providers_(std::exchange(other.providers_, nullptr)) {}
    Permit& operator=(Permit&&) = delete;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

   private:
    Providers* providers_;
  };
  Result<Permit> enter();

  // Error of both: `unavailable`, "provider_unavailable"; the log has the cause.
  Result<std::shared_ptr<const ProviderMetadata>> metadata(const config::Provider& provider,
                                                           SteadyTime deadline);
  // The keys that may have signed the token: the one it names, or all if it names none. Empty if
  // that key does not exist, even after the keys were fetched again.
  Result<std::vector<VerifyingKey>> keys_for(const config::Provider& provider,
                                             const crypto::Jws& token, SteadyTime deadline);

  // One request to the provider, with a JSON reply. `what` names it in the log. Further errors: a
  // status from 400 to 499 becomes `unauthenticated`, "provider_refused"; a reply that is not JSON
  // becomes `unavailable`, "provider_unreadable".
  Result<JsonObject> ask(const config::Provider& provider, fetch::Request request,
                         std::string_view what, SteadyTime deadline);

  // The number of failed requests to the provider since the start.
  uint64_t failures(const config::Provider& provider);

 private:
  struct State {
    std::mutex mutex;  // held during a fetch, so that concurrent callers wait for its result
    std::shared_ptr<const ProviderMetadata> metadata;
    FetchTimes metadata_times;
    std::vector<ProviderKey> keys;
    FetchTimes key_times;
    std::optional<SteadyTime> failed_at;
    std::atomic<uint64_t> failures{0};
  };
  State& state_of(const config::Provider& provider);
  // Logs the failure and counts it for failures().
  void note_failure(const config::Provider& provider, std::string_view what,
                    std::string_view cause);
  Result<std::string> get(const config::Provider& provider, State& state, const std::string& url,
                          std::string_view what, SteadyTime deadline);
  Result<std::shared_ptr<const ProviderMetadata>> metadata_locked(const config::Provider& provider,
                                                                  State& state,
                                                                  SteadyTime deadline);
  Result<void> fetch_keys(const config::Provider& provider, State& state, SteadyTime deadline);

  const config::Config& config_;
  fetch::Client& client_;
  const Clock& clock_;
  Log& log_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<State>> states_;
  unsigned waiting_ = 0;
};

}  // namespace authd::auth
