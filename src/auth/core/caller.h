// Who is calling, by the kind of credential that they showed, and what the store says of them: a
// person in a session, the holder of an API key, the holder of a password, or a program. Only what
// a kind has can be asked of it, so that code which needs a user or a session is not reached by a
// caller without one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "tables/schema.h"

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
};

// A text that shows who calls, and what it is remembered as (auth/sessions/credential_cache.h).
enum class Credential { token, cookie, api_key };

// What one committed state of the store says of a user who calls.
struct Standing {
  tables::User user;
  // What the credential belongs to. Nothing for a password that comes with each request.
  std::variant<std::monostate, tables::Session, tables::ApiKey> behind;
  std::shared_ptr<const Claims> claims;  // of an access token; null for every other credential
  std::vector<std::string> roles;        // names, current
  std::vector<std::string> permissions;  // of those roles, without duplicates
};

// Whoever calls as a user: what the four kinds below that have one share. Copies share one
// Standing, which never changes.
class UserCaller {
 public:
  const tables::User& user() const { return standing_->user; }
  const std::vector<std::string>& roles() const { return standing_->roles; }
  const std::vector<std::string>& permissions() const { return standing_->permissions; }
  bool has_role(std::string_view name) const;

  // What the credential is good for, of the words that it carries.
  bool has_scope(std::string_view wanted) const;
  std::string scope() const;  // all of them, space-separated; for people

  // The session that this is a call in; null when there is none.
  const tables::Session* session_if_any() const {
    return std::get_if<tables::Session>(&standing_->behind);
  }

 protected:
  explicit UserCaller(std::shared_ptr<const Standing> standing) : standing_(std::move(standing)) {}
  const Standing& standing() const { return *standing_; }

 private:
  std::shared_ptr<const Standing> standing_;
};

// A user who is signed in: they call in a session of theirs, by its access token or its cookie.
class Person : public UserCaller {
 public:
  // `standing` has a session.
  Person(std::shared_ptr<const Standing> standing, Credential by);

  const tables::Session& session() const { return *session_if_any(); }
  const std::shared_ptr<const Claims>& claims() const { return standing().claims; }
  Credential credential() const { return credential_; }  // token or cookie

 private:
  Credential credential_;
};

// A program that acts for a user by their API key. It can do what the key's scopes say, and never
// what needs a session.
class KeyHolder : public UserCaller {
 public:
  explicit KeyHolder(std::shared_ptr<const Standing> standing);  // which has an API key
  const tables::ApiKey& key() const { return *std::get_if<tables::ApiKey>(&standing().behind); }
};

// A user who sends their password with each request (auth/signin/basic_login.h) and has no session.
class PasswordHolder : public UserCaller {
 public:
  explicit PasswordHolder(std::shared_ptr<const Standing> standing)
      : UserCaller(std::move(standing)) {}
};

// A program that calls for itself, by the id and secret of a client. There is no user.
struct Program {
  tables::Client client;
};

// Who is calling. What needs a user, or a session, says so by its parameter.
using Caller = std::variant<Person, KeyHolder, PasswordHolder, Program>;

// The user whom the caller acts as; null for a program, which has none.
const UserCaller* user_behind(const Caller& caller);

// The one refusal of every token.
Error invalid_token();

// The one refusal of every cookie.
Error invalid_session();

}  // namespace authd::auth
