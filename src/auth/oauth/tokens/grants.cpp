#include "auth/oauth/tokens/grants.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/grant_session.h"
#include "auth/core/key_reach.h"
#include "auth/core/logout_notices.h"
#include "auth/core/refresh_token.h"
#include "auth/core/refusals.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/targets.h"
#include "auth/oauth/protocol/words.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "tables/owned.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// More than kMaxGrants: those that have ended are there until they are swept.
constexpr size_t kMaxListedGrants = 2000;

Result<std::vector<tables::Grant>> grants_of(const Services& s, UserId user) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Grant>> {
    return tables::rows_of(tx, tables::grants, user, kMaxListedGrants);
  });
}

// Whether the user has at least `count` grants, of any kind. Reads no grant.
Result<bool> has_grants(const Services& s, UserId user, size_t count) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    size_t found = 0;
    tables::scan_owned(tx, tables::grants, user,
                       [&](const tables::OwnedKey&) { return ++found < count; });
    return found >= count;
  });
}

// What the user has allowed the client, in one state of the store.
struct Access {
  std::vector<tables::Grant> grants;
  bool has_consent = false;
};
Result<Access> access_of(const Services& s, UserId user, std::string_view client) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<Access> {
    Access access;
    access.grants = tables::rows_of(tx, tables::grants, user, kMaxListedGrants);
    std::erase_if(access.grants, [&](const auto& grant) { return grant.client != client; });
    const std::string key = tables::big_endian(user.value) + std::string(client);
    access.has_consent =
        client.size() <= kMaxClientKey && tables::consents.find(tx, key).has_value();
    return access;
  });
}

Time last_use(const tables::Grant& grant) {
  return std::max(grant.created_at, grant.rotated_at);
}

// Those that are beyond one less than `most`, the least recently used ones.
std::vector<tables::Grant> least_used(std::vector<tables::Grant> grants, size_t most) {
  const size_t count = grants.size() >= most ? grants.size() - most + 1 : 0;
  std::sort(grants.begin(), grants.end(), [](const tables::Grant& a, const tables::Grant& b) {
    return last_use(a) < last_use(b);
  });
  grants.resize(std::min({count, grants.size(), kMaxGrantEvictions}));
  return grants;
}

// Whether the client gets a refresh token with its first tokens.
bool gets_refresh_token(const tables::Client& client, const tables::Grant& grant) {
  if (!has_grant_type(client, kRefreshGrant)) return false;
  return client.always_refresh || contains(grant.scopes, kOfflineScope);
}

// Whether the waiting grant will outlive its session as soon as it is open.
bool opens_for_good(const tables::Grant& waiting) {
  return !names_session(waiting) || contains(waiting.scopes, kOfflineScope);
}

// Until when the client has to be told of the end of the browser session, if it has no refresh
// token that keeps the grant; the beginning of time if it need not be told.
Time end_of_sign_in(const config::Config& config, store::Reader& tx, const GrantRows& rows) {
  const tables::Grant& grant = rows.grant;
  if (has_refresh_token(grant) || rows.client.backchannel_logout_uri.empty()) return Time{};
  const auto session = tables::find_session(tx, grant.session);
  return session ? session->created_at + config.tokens.session_max_age : Time{};
}

bool is_live_client(const config::Config& config, const GrantRows& rows, Trace* trace) {
  const tables::Client& client = rows.client;
  const bool is_on = is_enabled(config, client);
  const char* off = client.disabled ? "the client is disabled"
                                    : "provider.cimd does not allow its document any more";
  if (!passes(trace, "client", is_on, is_on ? "the client is enabled" : off)) return false;
  const bool is_its = client.created_at <= rows.grant.created_at;
  return passes(trace, "client of the grant", is_its,
                is_its ? "the one that the grant was for"
                       : "a later one with the id of the client that the grant was for");
}

bool is_live_session(const config::Config& config, const GrantRows& rows, Time now, Trace* trace) {
  if (outlives_session(rows.grant)) return true;
  const bool is_there = rows.session.has_value();
  if (!passes(trace, "session", is_there,
              is_there ? "the browser session that allowed it exists"
                       : "the browser session that allowed it has ended")) {
    return false;
  }
  return is_alive(*rows.session, rows.user, now, trace) &&
         !is_idle(config, *rows.session, rows.user, now, trace);
}

}  // namespace

std::optional<GrantRows> find_grant_rows(store::Reader& tx, std::string_view id, Trace* trace) {
  std::optional<tables::Grant> grant;
  if (id.size() == kSessionIdBytes) grant = tables::grants.find(tx, id);
  if (!passes(trace, "grant", grant.has_value(),
              grant ? "it exists" : "it has ended: revoked, reused, or expired")) {
    return std::nullopt;
  }
  std::optional<tables::User> user = tables::find_user(tx, grant->user);
  if (!passes(trace, "user", user.has_value(), user ? "exists" : "was deleted"))
    return std::nullopt;
  std::optional<tables::Client> client = find_client(tx, grant->client);
  if (!passes(trace, "client", client.has_value(), client ? "exists" : "was deleted")) {
    return std::nullopt;
  }
  GrantRows rows;
  if (!outlives_session(*grant)) rows.session = tables::find_session(tx, grant->session);
  std::vector<std::string> permissions;
  load_roles(tx, *user, rows.roles, permissions);
  rows.grant = std::move(*grant);
  rows.user = std::move(*user);
  rows.client = std::move(*client);
  return rows;
}

bool is_alive(const config::Config& config, const GrantRows& rows, Time now, Trace* trace) {
  const tables::Grant& grant = rows.grant;
  const bool is_in_time = grant.expires_at > now && grant.created_at <= now + kMaxStepBack;
  if (!passes(trace, "grant's end", is_in_time, [&] {
        return "the grant ends at " + format_rfc3339(grant.expires_at) + ", now is " +
               format_rfc3339(now);
      })) {
    return false;
  }
  if (!passes(trace, "account", !rows.user.disabled,
              rows.user.disabled ? "disabled (authd user enable)" : "enabled")) {
    return false;
  }
  const bool is_current = grant.epoch == rows.user.session_epoch;
  if (!passes(trace, "sessions of the user", is_current,
              is_current ? "not ended since" : "all were ended after the grant was made")) {
    return false;
  }
  const bool may_enter = has_role_for(rows.client, rows.roles);
  return is_live_client(config, rows, trace) &&
         passes(trace, "may enter", may_enter,
                may_enter ? "the client lets in everybody, or a role of the user"
                          : "the user has none of the roles that the client lets in") &&
         is_live_session(config, rows, now, trace);
}

std::optional<GrantRows> find_live_grant(const config::Config& config, store::Reader& tx,
                                         std::string_view id, Time now, Trace* trace) {
  std::optional<GrantRows> rows = find_grant_rows(tx, id, trace);
  if (rows && !is_alive(config, *rows, now, trace)) rows.reset();
  return rows;
}

bool has_role_for(const tables::Client& client, const std::vector<std::string>& roles) {
  if (client.roles.empty()) return true;
  return std::any_of(client.roles.begin(), client.roles.end(),
                     [&](const std::string& role) { return contains(roles, role); });
}

Result<std::vector<tables::Grant>> waiting_to_evict(const Services& s, UserId user,
                                                    std::string_view client, Time now) {
  if (!TRY(has_grants(s, user, kMaxWaitingGrants))) return std::vector<tables::Grant>{};
  std::vector<tables::Grant> waiting = TRY(grants_of(s, user));
  std::erase_if(waiting, [&](const tables::Grant& grant) {
    return grant.is_open || grant.client != client || grant.expires_at <= now;
  });
  return least_used(std::move(waiting), kMaxWaitingGrants);
}

Result<std::vector<tables::Grant>> open_to_evict(const Services& s, const tables::Grant& opening,
                                                 Time now) {
  if (!TRY(has_grants(s, opening.user, kMaxGrantsOfSession))) return std::vector<tables::Grant>{};
  std::vector<tables::Grant> open = TRY(grants_of(s, opening.user));
  std::erase_if(open, [&](const tables::Grant& grant) {
    return !grant.is_open || grant.id == opening.id || grant.expires_at <= now;
  });
  std::vector<tables::Grant> same = open;
  std::erase_if(same, [&](const tables::Grant& grant) {
    return grant.client != opening.client || grant.session != opening.session ||
           outlives_session(grant);
  });
  // Grants that outlive their sessions are of different devices.
  if (!opens_for_good(opening) && same.size() >= kMaxGrantsOfSession) {
    return least_used(std::move(same), kMaxGrantsOfSession);
  }
  return least_used(std::move(open), kMaxGrants);
}

void evict_grants(store::WriteTxn& tx, const std::vector<tables::Grant>& evicted) {
  for (const tables::Grant& grant : evicted) {
    const auto there = tables::grants.find(tx, grant.id);
    if (there && there->is_open == grant.is_open) tables::grants.remove(tx, grant.id, *there);
  }
}

void make_room(store::WriteTxn& tx, const std::vector<tables::Grant>& evicted,
               const tables::Grant& opening, Time now) {
  for (const tables::Grant& grant : evicted) {
    const auto there = tables::grants.find(tx, grant.id);
    if (!there || !there->is_open) continue;
    const bool is_renewed = there->client == opening.client && there->session == opening.session &&
                            there->epoch == opening.epoch && names_session(*there);
    if (is_renewed)
      tables::grants.remove(tx, there->id, *there);
    else
      remove_grant(tx, *there, now);
  }
}

void open_grant(const Services& s, store::WriteTxn& tx, GrantRows& rows, const Origin& origin,
                Time now) {
  tables::Grant& grant = rows.grant;
  grant.is_open = true;
  Milliseconds life = access_life(s.config, rows.client, {});
  if (gets_refresh_token(rows.client, grant)) {
    grant.generation = 1;
    grant.rotated_at = now;
    grant.rotated_by = mark_of(origin);
    life = std::max(life, refresh_life(s.config, rows.client));
  }
  grant.expires_at = std::max(now + life, end_of_sign_in(s.config, tx, rows));
  // The end moves later, and its entry may be early.
  tables::grants.rewrite(tx, grant);
  note_client_use(tx, grant.client, now);
}

Result<std::vector<GrantRows>> list_grants(const Services& s, UserId user, Time now) {
  std::vector<GrantRows> live;
  for (const tables::Grant& grant : TRY(grants_of(s, user))) {
    auto rows = TRY(s.store.read([&](store::ReadTxn& tx) {
      return Result<std::optional<GrantRows>>(find_live_grant(s.config, tx, grant.id, now));
    }));
    // One whose code nobody has exchanged yet gives nobody anything.
    if (rows && rows->grant.is_open) live.push_back(std::move(*rows));
  }
  std::sort(live.begin(), live.end(), [](const GrantRows& a, const GrantRows& b) {
    return last_use(a.grant) > last_use(b.grant);
  });
  return live;
}

Result<void> end_own_grant(const Services& s, UserId user, std::string_view id,
                           const Origin& origin) {
  return end_user_grant(s, user, id, origin);
}

Result<void> end_user_grant(const Services& s, UserId user, std::string_view id,
                            const Origin& origin) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::optional<tables::User> owner = tables::find_user(tx, user);
    if (!owner) return no_such_user();
    TRY(check_key_reach(tx, origin, *owner));
    const std::optional<tables::Grant> grant =
        id.size() == kSessionIdBytes ? tables::grants.find(tx, id) : std::nullopt;
    if (!grant || grant->user != user) {
      return Error{ErrorCode::not_found, "There is no such grant."};
    }
    remove_grant(tx, *grant, now);
    tables::consents.del(tx, tables::big_endian(user.value) + grant->client);
    audit(s, tx, origin, {"grant_ended", user, "ok", grant->client}, now);
    return {};
  });
}

Result<void> withdraw_consent(const Services& s, UserId user, std::string_view client,
                              const Origin& origin) {
  const Access before = TRY(access_of(s, user, client));
  const Time now = s.clock.now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::string key = tables::big_endian(user.value) + std::string(client);
    const bool is_known = client.size() <= kMaxClientKey && tables::consents.find(tx, key);
    if (before.grants.empty() && !is_known) {
      return Error{ErrorCode::not_found, "You have not allowed this application anything."};
    }
    if (is_known) tables::consents.del(tx, key);
    audit(s, tx, origin, {"grant_ended", user, "ok", client}, now);
    return {};
  }));
  // A grant may have come in before that write. If the person has allowed the client something
  // again since, new grants are meant.
  const Access after = TRY(access_of(s, user, client));
  const std::vector<tables::Grant>& grants = after.has_consent ? before.grants : after.grants;
  for (size_t first = 0; first < grants.size(); first += kMaxGrantEvictions) {
    const size_t end = std::min(first + kMaxGrantEvictions, grants.size());
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (size_t i = first; i < end; ++i) {
        const auto there = tables::grants.find(tx, grants[i].id);
        if (there) remove_grant(tx, *there, now);
      }
      return {};
    }));
  }
  return {};
}

std::string grant_text(std::string_view id) {
  return base64url_encode(id);
}

std::optional<std::string> parse_grant_id(std::string_view text) {
  std::optional<std::string> id = base64url_decode(text);
  if (!id || id->size() != kSessionIdBytes) return std::nullopt;
  return id;
}

}  // namespace authd::auth
