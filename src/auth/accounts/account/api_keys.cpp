#include "auth/accounts/account/api_keys.h"

#include <algorithm>
#include <set>

#include "auth/core/activity.h"
#include "auth/core/api_key_text.h"
#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/core/read_user.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "auth/sessions/credential_cache.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "tables/mail_detail.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr const char* kCounter = "api_key";
constexpr size_t kMaxListed = kMaxApiKeysPerUser + 10;
constexpr size_t kMaxScopes = 20;
constexpr size_t kMaxScope = 64;
constexpr std::string_view kAppScope = "app:";

Error invalid_api_key() {
  return refused(ErrorCode::unauthenticated, "invalid_api_key",
                 "The API key is invalid, has expired or was revoked.");
}

bool is_app_scope(std::string_view scope) {
  return scope.starts_with(kAppScope) && scope.size() > kAppScope.size() &&
         scope.size() <= kMaxScope && std::all_of(scope.begin(), scope.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == ':' || c == '-';
         });
}

Result<void> check_scopes(const std::vector<std::string>& scopes) {
  const auto is_known = [](const std::string& scope) {
    return scope == kVerifyScope || scope == kProfileReadScope || scope == kAdminReadScope ||
           scope == kAdminScope || is_app_scope(scope);
  };
  if (!scopes.empty() && scopes.size() <= kMaxScopes &&
      std::all_of(scopes.begin(), scopes.end(), is_known)) {
    return {};
  }
  return Error{ErrorCode::invalid,
               "A key has 1 to 20 of the scopes verify, profile:read, admin:read, admin and app:… "
               "(a-z, digits and . _ : -).",
               "scopes"};
}

Error no_such_key() {
  return Error{ErrorCode::not_found, "There is no such API key."};
}

Error too_many() {
  return refused(ErrorCode::conflict, "too_many_api_keys",
                 "There are already " + std::to_string(kMaxApiKeysPerUser) +
                     " API keys; revoke one that you no longer need.");
}

// A key for the administration is useless to anybody else: no role that is granted later reaches
// it.
Result<void> check_may_have(store::Reader& tx, const tables::User& owner,
                            const std::vector<std::string>& scopes) {
  const bool is_for_admin = std::any_of(scopes.begin(), scopes.end(), [](const std::string& scope) {
    return scope == kAdminReadScope || scope == kAdminScope;
  });
  if (!is_for_admin || is_administrator(tx, owner)) return {};
  return Error{ErrorCode::invalid,
               "Only an administrator can have a key with the scope admin:read or admin: grant the "
               "role first.",
               "scopes"};
}

std::optional<tables::Mail> key_notice(const Services& s, const tables::User& owner,
                                       const tables::Sentence& told, const Origin& origin,
                                       Time now) {
  return make_repeatable_notice(s, tables::MailKind::factors_changed, owner,
                                tables::detail_of({told}), origin, now);
}

// Whether the caller may still write: the session of an owner has not ended in the meantime. An
// operator has none.
Result<void> check_still_there(store::Reader& tx, const std::optional<std::string>& session,
                               Time now) {
  if (!session || find_live_session(tx, *session, now)) return {};
  return Error{ErrorCode::unauthenticated, "The session is over."};
}

// The rows of the key with this hash; null when a row is missing or the hash differs.
std::shared_ptr<const Standing> read_standing(store::ReadTxn& tx, const ApiKeyName& name,
                                              const std::string& hash, Trace* trace) {
  std::optional<tables::ApiKey> key =
      tables::api_keys.find(tx, api_key_row(name.user, name.number));
  const bool is_there = passes(trace, "key", key.has_value(), [&] {
    return "key " + std::to_string(name.number) + " of user " + std::to_string(name.user.value) +
           (key ? ", \"" + key->name + "\"" : " does not exist: revoked, or from another server");
  });
  if (!is_there) return nullptr;
  const bool is_same = equal_constant_time(key->hash, hash);
  if (!passes(trace, "secret", is_same,
              is_same ? "matches the stored hash" : "does not match the stored hash")) {
    return nullptr;
  }
  std::optional<tables::User> user = tables::find_user(tx, key->user);
  if (!passes(trace, "user", user.has_value(), user ? "exists" : "deleted")) return nullptr;
  const bool is_kept = is_current(*user, *key);
  if (!passes(trace, "owner", is_kept,
              is_kept
                  ? "not revoked since"
                  : "void: since its creation, all keys were revoked or the email was proved")) {
    return nullptr;
  }
  auto standing = std::make_shared<Standing>();
  standing->user = std::move(*user);
  standing->behind = std::move(*key);
  const uint64_t grants = std::get<tables::ApiKey>(standing->behind).role_grants;
  load_roles(tx, standing->user, standing->roles, standing->permissions, grants);
  return standing;
}

std::optional<tables::ApiKey> find_live_api_key(store::Reader& tx, const tables::User& user,
                                                uint64_t number) {
  std::optional<tables::ApiKey> key = tables::api_keys.find(tx, api_key_row(user.id, number));
  if (key && !is_current(user, *key)) key.reset();
  return key;
}

void note_use(const Services& s, const KeyHolder& holder, Time now) {
  const tables::User& user = holder.user();
  const tables::ApiKey& key = holder.key();
  if (user.last_activity + kActivityStep <= now) s.activity.note(user.id, now);
  if (key.last_used + kActivityStep <= now)
    s.activity.api_keys.note(api_key_row(key.user, key.number), now);
}

// Whether the key is valid at `now`, according to these rows.
bool is_alive(const KeyHolder& holder, Time now, Trace* trace) {
  const tables::ApiKey& key = holder.key();
  const bool is_in_time = passes(trace, "expiry", key.expires_at > now, [&] {
    return "the key expires at " + format_rfc3339(key.expires_at) + ", now is " +
           format_rfc3339(now);
  });
  if (!is_in_time) return false;
  const bool is_past = key.created_at <= now + kMaxStepBack;
  if (!passes(trace, "beginning", is_past,
              is_past ? "not in the future" : "in the future: created while the clock was ahead")) {
    return false;
  }
  const bool is_disabled = holder.user().disabled;
  return passes(trace, "account", !is_disabled,
                is_disabled ? "disabled (authd user enable)" : "enabled");
}

}  // namespace

std::string api_key_row(UserId user, uint64_t number) {
  return tables::big_endian(user.value) + tables::big_endian(number);
}

std::vector<tables::ApiKey> api_keys_of(store::ReadTxn& tx, UserId user) {
  std::vector<tables::ApiKey> found;
  const std::string prefix = tables::big_endian(user.value);
  tables::api_keys.scan(tx, prefix, tables::end_of_prefix(prefix),
                        [&](std::string_view, tables::ApiKey key) {
                          found.push_back(std::move(key));
                          return found.size() < kMaxListed;
                        });
  return found;
}

std::vector<tables::ApiKey> live_api_keys_of(store::ReadTxn& tx, const tables::User& user) {
  std::vector<tables::ApiKey> found;
  const std::string prefix = tables::big_endian(user.id.value);
  tables::api_keys.scan(tx, prefix, tables::end_of_prefix(prefix),
                        [&](std::string_view, tables::ApiKey key) {
                          if (is_current(user, key)) found.push_back(std::move(key));
                          return found.size() < kMaxListed;
                        });
  return found;
}

std::vector<uint64_t> usable_api_keys(store::Reader& tx, const tables::User& user,
                                      std::span<const tables::ApiKey> seen, Time now) {
  std::set<uint64_t> numbers(user.api_keys.begin(), user.api_keys.end());
  for (const tables::ApiKey& key : seen)
    numbers.insert(key.number);
  std::vector<uint64_t> usable;
  for (const uint64_t number : numbers) {
    const auto key = find_live_api_key(tx, user, number);
    if (key && key->expires_at > now) usable.push_back(number);
  }
  return usable;
}

Result<MadeApiKey> add_api_key(const Services& s, UserId user,
                               const std::optional<std::string>& session, const NewApiKey& wanted,
                               const Origin& origin) {
  const Time now = s.clock.now();
  MadeApiKey made;
  made.key.name = TRY(parse_person_name(wanted.name, "name"));
  if (made.key.name.empty()) return Error{ErrorCode::invalid, "A key needs a name.", "name"};
  TRY(check_scopes(wanted.scopes));
  if (wanted.life < Milliseconds(std::chrono::minutes(1)) || wanted.life > kMaxApiKeyLife) {
    return Error{ErrorCode::invalid, "The lifetime of a key is between a minute and 366 days.",
                 "expires_in"};
  }
  const std::vector<tables::ApiKey> seen = TRY(list_api_keys(s, user));
  if (seen.size() >= kMaxApiKeysPerUser) return too_many();
  made.key.user = user;
  made.key.scopes = wanted.scopes;
  made.key.created_at = now;
  made.key.expires_at = now + wanted.life;
  // Only a write yields the number, and the random text must not be generated inside a write, which
  // may run twice.
  made.key.number = TRY(s.store.write(
      [](store::WriteTxn& tx) -> Result<uint64_t> { return tables::next_number(tx, kCounter); }));
  const tables::User before = TRY(read_user(s, user));
  const auto notice = key_notice(
      s, before,
      {"api_key_created", {{"name", made.key.name}, {"scopes", joined(made.key.scopes, ", ")}}},
      origin, now);
  std::string text = make_api_key_text(s.random, {user, made.key.number});
  made.key.hash = crypto::sha256(text);
  made.text = OneTimeSecret(std::move(text));
  made.key = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<tables::ApiKey> {
    std::optional<tables::User> owner = tables::find_user(tx, user);
    if (!owner) return no_such_user();
    TRY(check_still_there(tx, session, now));
    TRY(check_may_have(tx, *owner, made.key.scopes));
    // Checked here, in the write, so that keys created at the same moment cannot exceed the limit.
    owner->api_keys = usable_api_keys(tx, *owner, seen, now);
    if (owner->api_keys.size() >= kMaxApiKeysPerUser) return too_many();
    tables::ApiKey key = made.key;
    key.way_epoch = epoch_of(*owner, Way::api_key);
    key.role_grants = owner->role_grants;
    owner->api_keys.push_back(key.number);
    tables::put_user(tx, *owner);
    tables::api_keys.insert(tx, key);
    if (notice && notice->to == owner->email) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"api_key_added", user, "ok", key.name, joined(key.scopes, " ")}, now);
    return key;
  }));
  return made;
}

Result<std::vector<tables::ApiKey>> list_api_keys(const Services& s, UserId user) {
  const Time now = s.clock.now();
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::ApiKey>> {
    const std::optional<tables::User> owner = tables::find_user(tx, user);
    if (!owner) return no_such_user();
    std::vector<tables::ApiKey> keys = live_api_keys_of(tx, *owner);
    std::erase_if(keys, [&](const tables::ApiKey& key) { return key.expires_at <= now; });
    std::reverse(keys.begin(), keys.end());
    return keys;
  });
}

Result<void> revoke_api_key(const Services& s, UserId user, uint64_t number, const Origin& origin,
                            const std::optional<std::string>& session) {
  const Time now = s.clock.now();
  tables::User before;
  std::optional<tables::ApiKey> seen;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    std::optional<tables::User> owner = tables::find_user(tx, user);
    if (!owner) return no_such_key();
    seen = find_live_api_key(tx, *owner, number);
    before = std::move(*owner);
    return {};
  }));
  std::optional<tables::Mail> notice;
  if (seen) {
    notice = key_notice(s, before, {"api_key_revoked", {{"name", seen->name}}}, origin, now);
  }
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::optional<tables::User> owner = tables::find_user(tx, user);
    if (!owner) return no_such_key();
    TRY(check_still_there(tx, session, now));
    TRY(check_key_reach(tx, origin, *owner));
    const auto key = find_live_api_key(tx, *owner, number);
    if (!key) return no_such_key();
    tables::api_keys.del(tx, api_key_row(user, number));
    if (notice && notice->to == owner->email) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"api_key_revoked", user, "ok", key->name}, now);
    return {};
  });
}

Result<size_t> revoke_api_keys(const Services& s, UserId user, const Origin& origin,
                               const std::optional<std::string>& session) {
  const Time now = s.clock.now();
  const std::vector<tables::ApiKey> seen = TRY(list_api_keys(s, user));
  const auto notice = key_notice(s, TRY(read_user(s, user)), {"api_keys_revoked"}, origin, now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<size_t> {
    std::optional<tables::User> owner = tables::find_user(tx, user);
    if (!owner) return no_such_user();
    TRY(check_still_there(tx, session, now));
    TRY(check_key_reach(tx, origin, *owner));
    const size_t count = usable_api_keys(tx, *owner, seen, now).size();
    // Even if none can be used now: an expired key could become usable if the clock is set back.
    end_ways(tx, *owner, {Way::api_key});
    owner->api_keys.clear();
    tables::put_user(tx, *owner);
    if (count > 0 && notice && notice->to == owner->email) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"api_keys_revoked", user, "ok", "", std::to_string(count)}, now);
    return count;
  });
}

Result<KeyHolder> authenticate_api_key(const Services& s, std::string_view text, Time now,
                                       Trace* trace) {
  const std::optional<ApiKeyName> name = parse_api_key_text(text);
  const bool is_key = passes(
      trace, "form", name.has_value(),
      name ? "an API key with a valid checksum"
           : "begins like an API key, but its length, digits or checksum are wrong: mistyped");
  if (!is_key) return invalid_api_key();
  const std::string hash = crypto::sha256(text);
  const std::string cached = credential_key(Credential::api_key, hash);
  CredentialCache::Known known;
  if (trace == nullptr) known = s.credentials.find(cached);
  Seen seen = TRY(newest_standing(
      s, known, [&](store::ReadTxn& tx) { return read_standing(tx, *name, hash, trace); }));
  if (!seen.standing) return invalid_api_key();
  KeyHolder holder(seen.standing);
  if (!is_alive(holder, now, trace)) return invalid_api_key();
  if (trace == nullptr) {
    note_use(s, holder, now);
    remember(s, cached, seen);
  }
  return holder;
}

}  // namespace authd::auth
