#include "auth/sessions/introspection.h"

#include "auth/core/refresh_token.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "tables/revocations.h"

namespace authd::auth {

Result<std::optional<Introspection>> introspect(const Services& s, std::string_view token,
                                                Time now) {
  if (const auto claim = parse_refresh_token(s.server_key, RefreshToken(std::string(token)))) {
    return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<Introspection>> {
      std::optional<LiveSession> live = find_live_session(tx, claim->session_id, now);
      // Only the current generation is active: an older refresh token must not count as valid.
      if (!live || live->session.kind != tables::SessionKind::tokens ||
          live->session.generation != claim->generation ||
          is_idle(s.config, live->session, live->user, now)) {
        return std::optional<Introspection>{};
      }
      Introspection found{true, std::move(live->user), std::move(live->session), {}, nullptr};
      std::vector<std::string> permissions;
      load_roles(tx, found.user, found.roles, permissions);
      return std::optional(std::move(found));
    });
  }
  const Result<Person> caller = authenticate(s, token, now);
  if (!caller) {
    if (caller.error().code == ErrorCode::unauthenticated) return std::optional<Introspection>{};
    return caller.error();
  }
  return std::optional(
      Introspection{false, caller->user(), caller->session(), caller->roles(), caller->claims()});
}

Result<bool> revoke_token(const Services& s, std::string_view token, const Origin& origin,
                          Time now) {
  if (const auto claim = parse_refresh_token(s.server_key, RefreshToken(std::string(token)))) {
    return end_session(s, claim->session_id, origin);
  }
  const Result<Person> caller = authenticate(s, token, now);
  if (caller) {
    TRY(revoke_access_token(s, *caller->claims()));
    return true;
  }
  if (caller.error().code == ErrorCode::unauthenticated) return false;
  return caller.error();
}

Result<void> revoke_access_token(const Services& s, const Claims& claims) {
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::insert_revoked_token(tx, {claims.jti, claims.expires_at, {}});
    return {};
  });
}

}  // namespace authd::auth
