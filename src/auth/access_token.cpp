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

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

Result<Claims> parse_claims(const Services& s, std::string_view payload, Trace* trace) {
  const JsonObject json = TRY(JsonObject::parse(payload));
  Claims claims;
  const config::Tokens& ours = s.config.tokens;
  const std::vector<std::string> audience = TRY(json.string_or_strings("aud"));
  const std::string issuer = TRY(json.string("iss"));
  const bool is_ours = passes(trace, "issuer", issuer == ours.issuer, [&] {
    return "iss is " + quoted(issuer) + ", tokens.issuer is " + quoted(ours.issuer);
  });
  if (!is_ours) return invalid_token();
  const bool is_for_us =
      std::find(audience.begin(), audience.end(), ours.audience) != audience.end();
  const bool is_meant = passes(trace, "audience", is_for_us, [&] {
    std::string list;
    for (const std::string& one : audience)
      list += (list.empty() ? "" : ", ") + quoted(one);
    return "aud is " + list + ", tokens.audience is " + quoted(ours.audience);
  });
  if (!is_meant) return invalid_token();
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

// The key that may have made the signature; null when there is none.
const LoadedKey* verifying_key(const KeySet& keys, const crypto::Jws& jws, Trace* trace) {
  const LoadedKey* key = keys.find(jws.kid);
  const bool is_known = passes(trace, "key", key != nullptr, [&] {
    if (key == nullptr) {
      return "there is no signing key " + quoted(jws.kid) +
             ": it was withdrawn or pruned, or another server made the token";
    }
    return "signing key " + jws.kid + " is " + std::string(state_name(key->row.state));
  });
  if (!is_known) return nullptr;
  const bool may_sign = passes(trace, "key signs", key->row.state != tables::KeyState::next,
                               "a key that is next has not signed anything yet");
  return may_sign ? key : nullptr;
}

Result<std::shared_ptr<const Claims>> verify_token(const Services& s, const KeySet& keys,
                                                   std::string_view token, Trace* trace = nullptr) {
  const Result<crypto::Jws> parsed = crypto::parse_compact(token);
  const bool is_jwt = passes(trace, "form", parsed.has_value(),
                             parsed ? "a JWT with an algorithm that is known and no header that "
                                      "brings a key of its own"
                                    : "not three parts of base64url with a JSON header, or a "
                                      "header with alg none or a key of its own");
  if (!is_jwt) return parsed.error();
  const crypto::Jws& jws = *parsed;
  const LoadedKey* key = verifying_key(keys, jws, trace);
  if (key == nullptr) return invalid_token();
  const bool is_access_token = passes(trace, "type", is_type(jws.typ), [&] {
    return "typ is " + quoted(jws.typ) + ", access tokens have " + quoted(kType);
  });
  if (!is_access_token) return invalid_token();
  const Result<void> verified = crypto::verify(jws, *key->key);
  const bool is_signed = passes(trace, "signature", verified.has_value(), [&] {
    const std::string algorithm(crypto::name(key->key->algorithm()));
    if (jws.alg != algorithm) return "alg is " + jws.alg + ", and the key is for " + algorithm;
    return algorithm + (verified ? ", good" : ", wrong: the token was altered");
  });
  if (!is_signed) return verified.error();
  // Our own signature is on it, so a payload that cannot be read is an older form, not an attack;
  // either way the caller needs a new token.
  Result<Claims> claims = parse_claims(s, jws.payload, trace);
  if (!claims) {
    if (claims.error().name != "invalid_token") {
      passes(trace, "claims", false, "a claim is missing: " + claims.error().message);
    }
    return invalid_token();
  }
  claims->keyring_generation = keys.generation;
  return std::make_shared<const Claims>(std::move(*claims));
}

// The claims from the cache, or verified now and remembered.
Result<std::shared_ptr<const Claims>> claims_of(const Services& s, const KeySet& keys,
                                                std::string_view token, Trace* trace) {
  if (trace != nullptr) return verify_token(s, keys, token, trace);
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
                         const std::shared_ptr<const Claims>& claims, Time now, Caller& caller,
                         Trace* trace) {
  // No token lives so long: what ends later was signed while the clock was wrong, ahead of now.
  const bool is_of_now = claims->expires_at <= now + kMaxAccessTokenLife;
  const bool is_in_time = passes(trace, "expiry", now < claims->expires_at && is_of_now, [&] {
    return "exp is " + format_rfc3339(claims->expires_at) + ", now is " + format_rfc3339(now) +
           (is_of_now ? "" : ": made while the clock was ahead");
  });
  if (!is_in_time) return invalid_token();
  std::optional<LiveSession> live = find_live_session(tx, claims->session_id, now, trace);
  if (!live) return invalid_token();
  const bool is_users = passes(trace, "subject", live->user.id == claims->user,
                               "whether the session is the user's whom sub names");
  if (!is_users) return invalid_token();
  const bool is_revoked = tables::is_revoked(tx, claims->jti);
  if (!passes(trace, "revocation", !is_revoked,
              is_revoked ? "this token was revoked by itself" : "not revoked")) {
    return invalid_token();
  }
  if (is_idle(s.config, *live, now, trace)) return invalid_token();
  if (trace == nullptr && live->user.last_activity + kActivityStep <= now) {
    s.activity.note(live->user.id, now);
  }
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
  // First: an entry that nothing names would never be forgotten.
  shard.order.push_back(digest);
  if (!shard.entries.insert_or_assign(digest, std::move(claims)).second) {
    shard.order.pop_back();
    return;
  }
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

Result<Caller> authenticate(const Services& s, std::string_view token, Time now, Trace* trace) {
  // The keys may be rotated by another process between two lines; each round then starts with newer
  // ones.
  constexpr int kRounds = 3;
  const size_t steps_before = trace == nullptr ? 0 : trace->steps.size();
  std::shared_ptr<const KeySet> keys = s.keyring.last();
  if (!keys) keys = TRY(current_keys(s));
  for (int round = 0; round < kRounds; ++round) {
    if (trace != nullptr) trace->steps.resize(steps_before);
    const Result<std::shared_ptr<const Claims>> claims = claims_of(s, *keys, token, trace);
    bool stale = false;
    Result<Caller> caller{std::in_place};
    const Result<void> alive = s.store.read([&](store::ReadTxn& tx) -> Result<void> {
      stale = keyring_generation(tx) != keys->generation;
      if (stale || !claims) return invalid_token();
      return load_caller(s, tx, *claims, now, *caller, trace);
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
