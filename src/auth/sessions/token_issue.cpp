#include "auth/sessions/token_issue.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/refusals.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "base/refusal.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxScope = 1000;

bool is_scope(std::string_view scope) {
  // %x21 / %x23-5B / %x5D-7E, separated by single spaces.
  const bool has_good_chars = std::all_of(scope.begin(), scope.end(), [](char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
  return !scope.empty() && scope.size() <= kMaxScope && has_good_chars && scope.front() != ' ' &&
         scope.back() != ' ' && scope.find("  ") == std::string_view::npos;
}

Error too_many(const tables::User& user, size_t most) {
  const std::string& name = user.username.empty() ? user.email : user.username;
  return refused(ErrorCode::conflict, "too_many_issued_tokens",
                 "there are already " + std::to_string(most) + " issued tokens of " + name +
                     "; end one (authd session list " + name +
                     " --kind issued, authd session revoke), or wait until one expires");
}

}  // namespace

Result<MintedToken> issue_token(const Services& s, UserId user_id, Seconds life,
                                std::string_view scope, const Origin& origin) {
  if (life < Seconds(1) || life > kMaxAccessTokenLife) {
    return Error{ErrorCode::invalid, "the lifetime of a token is 1 second to 24 hours", "ttl"};
  }
  if (!is_scope(scope)) {
    return Error{ErrorCode::invalid, "a scope consists of words separated by single spaces",
                 "scope"};
  }
  const Time now = s.clock.now();
  constexpr tables::SessionKind kKind = tables::SessionKind::issued;
  const bool is_full = TRY(list_sessions(s, user_id, now, kKind)).size() >= max_sessions(kKind);
  tables::Session session = new_session(s, origin, kKind, {}, now);
  session.expires_at = now + life;
  session.scope = scope;
  std::vector<std::string> roles;
  tables::User owner;
  const tables::Session made =
      TRY(s.store.write([&](store::WriteTxn& tx) -> Result<tables::Session> {
        const std::optional<tables::User> user = tables::find_user(tx, user_id);
        if (!user) return no_such_user();
        if (user->disabled) return Error{ErrorCode::forbidden, "This account is disabled."};
        if (is_full) return too_many(*user, max_sessions(kKind));
        std::vector<std::string> permissions;
        load_roles(tx, *user, roles, permissions);
        tables::Session started = session;
        start_session(s, tx, started, *user, origin, now);
        audit(s, tx, origin, {"token_issued", user_id, "ok", scope}, now);
        owner = *user;
        return started;
      }));
  return mint_access_token(s, made, owner, roles, life, now);
}

}  // namespace authd::auth
