// The providers that people sign in with, as this process knows them: what their discovery says and
// the keys they sign with. Both are fetched when they are needed first and remembered; a login of
// one provider that is slow or down holds few threads and no lock of others.
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

#include "base/json.h"
#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "config/config.h"
#include "crypto/jwt.h"
#include "fetch/client.h"

namespace authd::auth {

// All that one login asks of a provider must have come by then.
inline constexpr Milliseconds kProviderTimeout = std::chrono::seconds(10);
// Logins that wait for a provider at once, in all.
inline constexpr unsigned kMaxOutgoing = 4;
// What is remembered is fetched again after this time, so that a withdrawn key does not live on.
inline constexpr Milliseconds kProviderCacheLife = std::chrono::hours(1);
// Keys are not fetched again for a key that is not there before this time: tokens are foreign text.
inline constexpr Milliseconds kRefetchPause = std::chrono::minutes(1);
// A provider that did not answer is not asked again before this time.
inline constexpr Milliseconds kFailurePause = std::chrono::seconds(5);

// OpenID Connect Discovery 1.0 section 3, what of it is used.
struct ProviderMetadata {
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string jwks_uri;
  std::string userinfo_endpoint;  // may be empty
  bool takes_basic = true;        // the client secret by HTTP Basic, else in the form
  bool sends_issuer = false;      // RFC 9207: the answer names its issuer
};

// Where the provider describes itself, and what of that is used. Error: `invalid`, with the cause
// for the operator: the document is of another issuer, or an address in it is none.
std::string discovery_url(std::string_view issuer);
Result<ProviderMetadata> parse_metadata(std::string_view text, std::string_view issuer);

// Everybody who signs a token of a provider: a JWK Set (RFC 7517 section 5) without what is not for
// signatures, of another kind than RS256, ES256 and EdDSA, or weak (crypto/public_jwk.h).
using VerifyingKey = std::shared_ptr<const crypto::SigningKey>;
struct ProviderKey {
  std::string kid;  // empty: has none
  VerifyingKey key;
};
std::vector<ProviderKey> parse_key_set(std::string_view json);

// Thread-safe. What it fetches may take until `deadline`.
class Providers {
 public:
  Providers(const config::Config& config, fetch::Client& client, const Clock& clock, Log& log)
      : config_(config), client_(client), clock_(clock), log_(log) {}

  // Null when there is none.
  const config::Provider* find(std::string_view name) const;

  // A place among those that wait for a provider. Error: `busy` with retry_after_s.
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

  // Error for both: `unavailable`, "provider_unavailable"; the log has the cause.
  Result<std::shared_ptr<const ProviderMetadata>> metadata(const config::Provider& provider,
                                                           SteadyTime deadline);
  // The keys that may have signed the token: the one it names, or all when it names none. Empty
  // when there is none, not even after the keys were fetched anew.
  Result<std::vector<VerifyingKey>> keys_for(const config::Provider& provider,
                                             const crypto::Jws& token, SteadyTime deadline);

  // One request to the provider, as JSON. `what` names it in the log. A status of 400 to 499 is
  // `unauthenticated`, "provider_refused".
  Result<JsonObject> ask(const config::Provider& provider, fetch::Request request,
                         std::string_view what, SteadyTime deadline);

  // Requests to the provider that came to nothing, since the start.
  uint64_t failures(const config::Provider& provider);

 private:
  struct State {
    std::mutex mutex;  // held while it is fetched: who comes meanwhile waits for the same answer
    std::shared_ptr<const ProviderMetadata> metadata;
    SteadyTime metadata_at{};
    std::vector<ProviderKey> keys;
    SteadyTime keys_at{};
    std::optional<SteadyTime> refetched_at;  // for a key that was not there
    std::optional<SteadyTime> failed_at;
    std::atomic<uint64_t> failures{0};
  };
  State& state_of(const config::Provider& provider);
  // For the log and for failures().
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
