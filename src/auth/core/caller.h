// The callers, by kind of credential, and what the store knows about them: a person in a session,
// the holder of an API key, the holder of a password, or a program. Each type offers only what its
// kind has, so that code that needs a user or a session cannot be called without one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "tables/schema.h"

namespace authd::auth {

// The scope of tokens that people get by logging in: the token may act on its own account
// (/api/v1). A token without this scope (`authd token issue --scope …`) is for other services,
// which read its scope by introspection.
inline constexpr std::string_view kAccountScope = "account";

// The client_id of the tokens that people get by logging in here.
inline constexpr std::string_view kFirstParty = "authd";

// The claims of a token (RFC 9068 section 2.2), after its signature, issuer and audience were
// verified.
struct Claims {
  std::string subject;     // `sub`: names the user (auth/core/subject.h)
  std::string session_id;  // raw
  std::string jti;
  std::string client_id;
  std::string scope;                  // space-separated
  std::vector<std::string> audience;  // of a client's token
  // Of a token that clients have exchanged (auth/oauth/tokens/token_exchange.h), the newest first:
  // who exchanged, and the `jti` of the token that each of them had. As many of both.
  std::vector<std::string> actors;
  std::vector<std::string> subject_tokens;
  // The thumbprint of the key to which a client's token is bound (auth/oauth/proofs/dpop.h); empty:
  // none.
  std::string jkt;
  std::vector<std::string> roles;
  std::vector<std::string> amr;
  Time issued_at;
  Time expires_at;
  Time auth_time;
  uint64_t keyring_generation = 0;  // of the keys that verified it
};

// A credential that is cached, by its kind (auth/sessions/credential_cache.h).
enum class Credential { token, cookie, api_key, client_token };

// A grant and the rows on which its life depends (auth/oauth/tokens/grants.h).
struct GrantRows {
  tables::Grant grant;
  tables::User user;
  tables::Client client;
  std::optional<tables::Session> session;  // if the grant depends on one, and it is there
  std::vector<std::string> roles;          // names, of the user
};

// What one committed state of the store says about a credential, and the user who calls with it.
struct Standing {
  tables::User user;  // none for the token of a client
  // What the credential belongs to; nothing for a password that comes with each request. A client's
  // token belongs to a grant, or to the client itself (auth/oauth/tokens/client_token.h).
  std::variant<std::monostate, tables::Session, tables::ApiKey, GrantRows, tables::Client> behind;
  std::vector<tables::Client> actors;    // Claims::actors; `behind` is what the first token had
  std::shared_ptr<const Claims> claims;  // for an access token; otherwise null
  std::vector<std::string> roles;        // names, current
  std::vector<std::string> permissions;  // of those roles, without duplicates
};

// A caller with a user; the base of the three kinds below that have one. Copies share one immutable
// Standing.
class UserCaller {
 public:
  const tables::User& user() const { return standing_->user; }
  const std::vector<std::string>& roles() const { return standing_->roles; }
  const std::vector<std::string>& permissions() const { return standing_->permissions; }
  bool has_role(std::string_view name) const;

  // Whether one of the credential's scopes is this one.
  bool has_scope(std::string_view wanted) const;
  std::string scope() const;  // all scopes, space-separated; for people

  // The session that sends this request; null when there is none.
  const tables::Session* session_if_any() const {
    return std::get_if<tables::Session>(&standing_->behind);
  }

 protected:
  explicit UserCaller(std::shared_ptr<const Standing> standing) : standing_(std::move(standing)) {}
  const Standing& standing() const { return *standing_; }

 private:
  std::shared_ptr<const Standing> standing_;
};

// A signed-in user, who calls in a session, with its access token or its cookie.
class Person : public UserCaller {
 public:
  // `standing` must have a session.
  Person(std::shared_ptr<const Standing> standing, Credential by);

  const tables::Session& session() const { return *session_if_any(); }
  const std::shared_ptr<const Claims>& claims() const { return standing().claims; }
  Credential credential() const { return credential_; }  // token or cookie

 private:
  Credential credential_;
};

// A program that acts for a user with the user's API key. It can do what the key's scopes allow,
// and nothing that needs a session.
class KeyHolder : public UserCaller {
 public:
  explicit KeyHolder(std::shared_ptr<const Standing> standing);  // which must have an API key
  const tables::ApiKey& key() const { return *std::get_if<tables::ApiKey>(&standing().behind); }
};

// A user who sends the password with each request (auth/signin/basic_login.h) and has no session.
class PasswordHolder : public UserCaller {
 public:
  explicit PasswordHolder(std::shared_ptr<const Standing> standing)
      : UserCaller(std::move(standing)) {}
};

// A program that calls on its own behalf, with the id and secret of a client. There is no user.
class Program {
 public:
  explicit Program(tables::Client client)
      : client_(std::make_shared<const tables::Client>(std::move(client))) {}
  const tables::Client& client() const { return *client_; }

 private:
  std::shared_ptr<const tables::Client> client_;  // a long row, which is handed on often
};

// Any caller. A function that needs a user or a session requires the specific type.
using Caller = std::variant<Person, KeyHolder, PasswordHolder, Program>;

// The user as whom the caller acts; null for a program.
const UserCaller* user_behind(const Caller& caller);

// The same refusal for every token.
Error invalid_token();

// The same refusal for every cookie.
Error invalid_session();

}  // namespace authd::auth
