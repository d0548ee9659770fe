// Access tokens: JWTs (RFC 7519) of the profile RFC 9068 ("at+jwt"), signed by the active key. A
// token is good while its signature and times are, its session is alive, its user is active, and it
// was not revoked by itself. The signature is checked once and remembered; the rest is read from
// the store every time.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/keyring.h"
#include "auth/services.h"
#include "auth/sessions.h"
#include "auth/trace.h"

namespace authd::auth {

// The scope of tokens that people get by logging in: they may act on their own account (/api/v1). A
// token without it (`authd token issue --scope …`) is for other services, which see it by
// introspection.
inline constexpr std::string_view kAccountScope = "account";

// What a token says (RFC 9068 section 2.2), after its signature, issuer and audience were found
// good.
struct Claims {
  UserId user;
  std::string session_id;  // raw
  std::string jti;
  std::string client_id;
  std::string scope;  // space-separated
  std::vector<std::string> roles;
  std::vector<std::string> amr;
  Time issued_at;
  Time expires_at;
  Time auth_time;
  uint64_t keyring_generation = 0;  // of the keys that verified it

  bool has_scope(std::string_view wanted) const;
};

// How a caller says who it is.
enum class Credential { token, cookie, api_key, password };

// Who is calling, as the store has it now.
struct Caller {
  tables::User user;
  tables::Session session;
  std::shared_ptr<const Claims> claims;
  std::vector<std::string> roles;        // names, current
  std::vector<std::string> permissions;  // of those roles, without duplicates
  Credential credential = Credential::token;

  bool has_role(std::string_view name) const;
};

// Claims of verified tokens by the SHA-256 of the token. Bounded: kMaxEntries, oldest out first.
// Thread-safe, sharded.
class ClaimsCache {
 public:
  static constexpr size_t kShards = 16;
  static constexpr size_t kMaxEntries = 16 * 1024;

  std::shared_ptr<const Claims> find(const std::string& digest);
  void insert(const std::string& digest, std::shared_ptr<const Claims> claims);
  size_t size();

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<const Claims>> entries;
    std::list<std::string> order;  // insertion order, oldest first
  };
  Shard& shard_of(const std::string& digest);

  std::array<Shard, kShards> shards_;
};

// A signed token for the session: it ends after `life` or with the session, whichever is first.
struct MintedToken {
  AccessToken token;
  Seconds expires_in{};
};
Result<MintedToken> mint_access_token(const Services& s, const tables::Session& session,
                                      const std::vector<std::string>& roles, Seconds life,
                                      Time now);

// The caller behind the token. Error: `unauthenticated`, name "invalid_token", one text for
// whatever is wrong with it; `unavailable` when the store cannot be read.
Result<Caller> authenticate(const Services& s, std::string_view token, Time now,
                            Trace* trace = nullptr);

// The claims of a token whose signature is good, whether it is alive or not (`authd token
// inspect`).
Result<std::shared_ptr<const Claims>> read_claims(const Services& s, std::string_view token);

// The caller's session and account as a write finds them that the session asked for: since it was
// let in, another request may have ended it. Error: `unauthenticated`, as the next request gets it.
Result<LiveSession> still_signed_in(store::Reader& tx, const Caller& caller, Time now);

// The one refusal of every token.
Error invalid_token();

}  // namespace authd::auth
