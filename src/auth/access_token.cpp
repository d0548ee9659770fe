#include "auth/access_token.h"

#include <algorithm>
#include <charconv>

#include "auth/activity.h"
#include "auth/refresh_token.h"
#include "auth/roles.h"
#include "auth/sessions.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "crypto/digest.h"
#include "crypto/jwt.h"
#include "tables/revocations.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kJtiBytes = 16;
constexpr std::string_view kType = "at+jwt";       // RFC 9068 section 2.1
constexpr std::string_view kFirstParty = "authd";  // client_id of tokens from a login

Result<UserId> parse_subject(std::string_view text) {
  UserId id;
  const char* end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, id.value);
  if (failure != std::errc() || at != end || id.value == 0) return invalid_token();
  return id;
}

bool is_type(std::string_view typ) {
  // RFC 9068 section 4: with or without the "application/" prefix (RFC 7515 section 4.1.9).
  const std::string folded = tables::fold(typ);
  return folded == kType || folded == "application/" + std::string(kType);
}

Result<Claims> parse_claims(const Services& s, std::string_view payload) {
  const JsonObject json = TRY(JsonObject::parse(payload));
  Claims claims;
  const std::vector<std::string> audience = TRY(json.string_or_strings("aud"));
  if (TRY(json.string("iss")) != s.config.tokens.issuer ||
      std::find(audience.begin(), audience.end(), s.config.tokens.audience) == audience.end()) {
    return invalid_token();
  }
  claims.user = TRY(parse_subject(TRY(json.string("sub"))));
  const std::optional<std::string> sid = base64url_decode(TRY(json.string("sid")));
  if (!sid || sid->size() != kSessionIdBytes) return invalid_token();
  claims.session_id = *sid;
  claims.jti = TRY(json.string("jti"));
  claims.client_id = TRY(json.string("client_id"));
  claims.scope = TRY(json.string("scope"));
  claims.roles = TRY(json.optional_strings("roles")).value_or(std::vector<std::string>{});
  claims.amr = TRY(json.optional_strings("amr")).value_or(std::vector<std::string>{});
  claims.issued_at = from_unix_seconds(TRY(json.integer("iat")));
  claims.expires_at = from_unix_seconds(TRY(json.integer("exp")));
  claims.auth_time = from_unix_seconds(TRY(json.integer("auth_time")));
  return claims;
}

Result<std::shared_ptr<const Claims>> verify_token(const Services& s, const KeySet& keys,
                                                   std::string_view token) {
  const crypto::Jws jws = TRY(crypto::parse_compact(token));
  const LoadedKey* key = keys.find(jws.kid);
  if (key == nullptr || key->row.state == tables::KeyState::next || !is_type(jws.typ)) {
    return invalid_token();
  }
  TRY(crypto::verify(jws, *key->key));
  // Our own signature is on it, so a payload that cannot be read is an older form, not an attack;
  // either way the caller needs a new token.
  Result<Claims> claims = parse_claims(s, jws.payload);
  if (!claims) return invalid_token();
  claims->keyring_generation = keys.generation;
  return std::make_shared<const Claims>(std::move(*claims));
}

// The claims from the cache, or verified now and remembered.
Result<std::shared_ptr<const Claims>> claims_of(const Services& s, const KeySet& keys,
                                                std::string_view token) {
  const std::string digest = crypto::sha256(token);
  if (std::shared_ptr<const Claims> cached = s.claims.find(digest);
      cached && cached->keyring_generation == keys.generation) {
    count(s.counters.claims_cache_hits);
    return cached;
  }
  std::shared_ptr<const Claims> claims = TRY(verify_token(s, keys, token));
  s.claims.insert(digest, claims);
  return claims;
}

// Makes `caller` anew where it stays: it is large, and each request has one.
Result<void> load_caller(const Services& s, store::Reader& tx,
                         const std::shared_ptr<const Claims>& claims, Time now, Caller& caller) {
  if (now >= claims->expires_at) return invalid_token();
  std::optional<LiveSession> live = find_live_session(tx, claims->session_id, now);
  if (!live || live->user.id != claims->user || tables::is_revoked(tx, claims->jti) ||
      is_idle(s.config, *live, now)) {
    return invalid_token();
  }
  if (live->user.last_activity + kActivityStep <= now) s.activity.note(live->user.id, now);
  caller.user = std::move(live->user);
  caller.session = std::move(live->session);
  caller.claims = claims;
  caller.credential = Credential::token;
  load_roles(tx, caller.user, caller.roles, caller.permissions);
  return {};
}

}  // namespace

Error invalid_token() {
  return Error{
      ErrorCode::unauthenticated, "The token is invalid or has expired.", {}, "invalid_token"};
}

bool Claims::has_scope(std::string_view wanted) const {
  std::string_view rest = scope;
  while (!rest.empty()) {
    const size_t space = rest.find(' ');
    if (rest.substr(0, space) == wanted) return true;
    if (space == std::string_view::npos) return false;
    rest.remove_prefix(space + 1);
  }
  return false;
}

bool Caller::has_role(std::string_view name) const {
  return std::find(roles.begin(), roles.end(), name) != roles.end();
}

ClaimsCache::Shard& ClaimsCache::shard_of(const std::string& digest) {
  return shards_[static_cast<uint8_t>(digest[0]) % kShards];
}

std::shared_ptr<const Claims> ClaimsCache::find(const std::string& digest) {
  Shard& shard = shard_of(digest);
  const std::lock_guard lock(shard.mutex);
  const auto it = shard.entries.find(digest);
  return it == shard.entries.end() ? nullptr : it->second;
}

void ClaimsCache::insert(const std::string& digest, std::shared_ptr<const Claims> claims) {
  Shard& shard = shard_of(digest);
  const std::lock_guard lock(shard.mutex);
  if (!shard.entries.insert_or_assign(digest, std::move(claims)).second) return;
  shard.order.push_back(digest);
  if (shard.order.size() > kMaxEntries / kShards) {
    shard.entries.erase(shard.order.front());
    shard.order.pop_front();
  }
}

size_t ClaimsCache::size() {
  size_t entries = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    entries += shard.entries.size();
  }
  return entries;
}

Result<MintedToken> mint_access_token(const Services& s, const tables::Session& session,
                                      const std::vector<std::string>& roles, Seconds life,
                                      Time now) {
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  const int64_t issued = unix_seconds(now);
  const int64_t expires = std::min(unix_seconds(now + std::min(life, kMaxAccessTokenLife)),
                                   unix_seconds(session.expires_at));
  JsonWriter json;
  json.begin_object()
      .field("iss", s.config.tokens.issuer)
      .field("sub", std::to_string(session.user.value))
      .field("aud", s.config.tokens.audience)
      .field("client_id", kFirstParty)
      .field("exp", expires)
      .field("iat", issued)
      .field("jti", base64url_encode(s.random.bytes(kJtiBytes)))
      .field("sid", base64url_encode(session.id))
      .field("scope", session.scope)
      .field("auth_time", unix_seconds(session.auth_time));
  json.key("roles").begin_array();
  for (const std::string& role : roles)
    json.value(role);
  json.end_array().key("amr").begin_array();
  for (const std::string& method : session.amr)
    json.value(method);
  json.end_array().end_object();
  std::string token = TRY(crypto::sign_jwt(*keys->active().key, kType, json.text()));
  return MintedToken{AccessToken(std::move(token)),
                     Seconds(std::max<int64_t>(expires - issued, 0))};
}

Result<Caller> authenticate(const Services& s, std::string_view token, Time now) {
  // The keys may be rotated by another process between two lines; each round then starts with newer
  // ones.
  constexpr int kRounds = 3;
  std::shared_ptr<const KeySet> keys = s.keyring.last();
  if (!keys) keys = TRY(current_keys(s));
  for (int round = 0; round < kRounds; ++round) {
    const Result<std::shared_ptr<const Claims>> claims = claims_of(s, *keys, token);
    bool stale = false;
    Result<Caller> caller{std::in_place};
    const Result<void> alive = s.store.read([&](store::ReadTxn& tx) -> Result<void> {
      stale = keyring_generation(tx) != keys->generation;
      if (stale || !claims) return invalid_token();
      return load_caller(s, tx, *claims, now, *caller);
    });
    if (!stale) {
      count(alive ? s.counters.tokens_accepted : s.counters.tokens_refused);
      if (!alive) return alive.error();
      return caller;
    }
    keys = TRY(current_keys(s));
  }
  return Error{ErrorCode::unavailable, "The signing keys are being changed; try again."};
}

Result<std::shared_ptr<const Claims>> read_claims(const Services& s, std::string_view token) {
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  return verify_token(s, *keys, token);
}

}  // namespace authd::auth
