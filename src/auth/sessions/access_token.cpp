#include "auth/sessions/access_token.h"

#include <algorithm>

#include "auth/core/activity.h"
#include "auth/core/caller.h"
#include "auth/core/newest.h"
#include "auth/core/refresh_token.h"
#include "auth/core/subject.h"
#include "auth/sessions/credential_cache.h"
#include "auth/sessions/jwt_signing.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/jose/jwt.h"
#include "tables/revocations.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kJtiBytes = 16;
constexpr JwtKind kKind = {"at+jwt", true};  // RFC 9068 section 2.1

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
  claims.subject = TRY(json.string("sub"));
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
                                                   std::string_view token, Trace* trace = nullptr) {
  const crypto::Jws jws = TRY(verify_jwt(keys, token, kKind, trace));
  // Our own signature is valid, so a payload that cannot be read has an older format and is not an
  // attack. Either way, the caller needs a new token.
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

// The cached entry of the token; otherwise its claims, after verification.
Result<CredentialCache::Known> look_up(const Services& s, const KeySet& keys,
                                       const std::string& key, std::string_view token,
                                       Trace* trace) {
  using Known = CredentialCache::Known;
  if (trace != nullptr) return Known{TRY(verify_token(s, keys, token, trace)), {}, 0};
  Known known = s.credentials.find(key);
  if (known.claims && known.claims->keyring_generation == keys.generation) {
    count(s.counters.claims_cache_hits);
    return known;
  }
  known = {TRY(verify_token(s, keys, token)), {}, 0};
  s.credentials.insert(key, known);
  return known;
}

// No token lives longer than kMaxAccessTokenLife: one that expires later was signed while the clock
// was ahead.
bool is_in_time(const Claims& claims, Time now, Trace* trace) {
  const bool is_of_now = claims.expires_at <= now + kMaxAccessTokenLife;
  return passes(trace, "expiry", now < claims.expires_at && is_of_now, [&] {
    return "exp is " + format_rfc3339(claims.expires_at) + ", now is " + format_rfc3339(now) +
           (is_of_now ? "" : ": issued while the clock was ahead");
  });
}

// The rows that the claims refer to; null when one is missing or belongs to somebody else, or the
// token was revoked. It does not check times, because its result is reused later.
std::shared_ptr<const Standing> read_standing(store::Reader& tx,
                                              const std::shared_ptr<const Claims>& claims,
                                              Trace* trace) {
  std::optional<LiveSession> found = find_session_and_user(tx, claims->session_id, trace);
  if (!found) return nullptr;
  const bool has_tokens = found->session.kind != tables::SessionKind::browser;
  if (!passes(
          trace, "session has tokens", has_tokens,
          has_tokens ? "not kept in a cookie" : "a session kept in a cookie has no access token")) {
    return nullptr;
  }
  const bool is_users = is_named_by(found->user, claims->subject);
  if (!passes(trace, "subject", is_users,
              is_users ? "the session belongs to the user in sub"
                       : "the session does not belong to the user in sub")) {
    return nullptr;
  }
  const bool is_revoked = tables::is_revoked(tx, claims->jti);
  if (!passes(trace, "revocation", !is_revoked,
              is_revoked ? "this token itself was revoked" : "not revoked")) {
    return nullptr;
  }
  auto standing = std::make_shared<Standing>();
  standing->user = std::move(found->user);
  standing->behind = std::move(found->session);
  standing->claims = claims;
  load_roles(tx, standing->user, standing->roles, standing->permissions);
  return standing;
}

// The signed-in person, if the session is alive now; caches the rows for the next request.
Result<Person> judge(const Services& s, const std::string& key, Seen seen, Time now, Trace* trace) {
  const Standing* standing = seen.standing.get();
  const bool is_good = standing != nullptr && is_in_use(s.config, *standing, now, trace);
  count(is_good ? s.counters.tokens_accepted : s.counters.tokens_refused);
  if (!is_good) return invalid_token();
  if (trace == nullptr) {
    if (standing->user.last_activity + kActivityStep <= now)
      s.activity.note(standing->user.id, now);
    remember(s, key, seen);
  }
  return Person(std::move(seen.standing), Credential::token);
}

}  // namespace

Result<LiveSession> still_signed_in(const Services& s, const Person& caller) {
  return read_newest<LiveSession>(
      s.store, [&](store::ReadTxn& tx) { return still_signed_in(tx, caller, s.clock.now()); });
}

Result<LiveSession> still_signed_in(store::Reader& tx, const Person& caller, Time now) {
  std::optional<LiveSession> live = find_live_session(tx, caller.session().id, now);
  // A cookie may have been replaced by a later login meanwhile.
  const bool is_same = live && live->user.id == caller.user().id &&
                       (caller.credential() != Credential::cookie ||
                        live->session.generation == caller.session().generation);
  if (is_same) return std::move(*live);
  return caller.credential() == Credential::cookie ? invalid_session() : invalid_token();
}

bool names_this_issuer(const Services& s, std::string_view token) {
  const Result<crypto::Jws> jws = crypto::parse_compact(token);
  if (!jws) return false;
  const Result<JsonObject> claims = JsonObject::parse(jws->payload);
  if (!claims) return false;
  const Result<std::string> issuer = claims->string("iss");
  return issuer && *issuer == s.config.tokens.issuer;
}

Result<MintedToken> mint_access_token(const Services& s, const tables::Session& session,
                                      const tables::User& user,
                                      const std::vector<std::string>& roles, Seconds life,
                                      Time now) {
  const int64_t issued = unix_seconds(now);
  const int64_t expires = std::min(unix_seconds(now + std::min(life, kMaxAccessTokenLife)),
                                   unix_seconds(session.expires_at));
  JsonWriter json;
  json.begin_object()
      .field("iss", s.config.tokens.issuer)
      .field("sub", subject_of(user))
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
  std::string token = TRY(sign_jwt(s, access_algorithm(s.config), kKind.typ, json.text()));
  return MintedToken{AccessToken(std::move(token)),
                     Seconds(std::max<int64_t>(expires - issued, 0))};
}

Result<Person> authenticate(const Services& s, std::string_view token, Time now, Trace* trace) {
  const size_t steps_before = trace == nullptr ? 0 : trace->steps.size();
  const std::string key = credential_key(Credential::token, crypto::sha256(token));
  return with_current_keys<Person>(s, [&](const KeySet& keys) -> Result<std::optional<Person>> {
    if (trace != nullptr) trace->steps.resize(steps_before);
    const Result<CredentialCache::Known> found = look_up(s, keys, key, token, trace);
    const bool may_be_good = found && is_in_time(*found->claims, now, trace);
    const CredentialCache::Known known = may_be_good ? *found : CredentialCache::Known();
    // The keyring's generation belongs to the same state as the rows: if the rows can be reused, so
    // can the keys.
    bool is_stale = false;
    bool names_rows = may_be_good;
    const auto read_rows = [&](store::ReadTxn& tx) -> std::shared_ptr<const Standing> {
      is_stale = keyring_generation(tx) != keys.generation;
      names_rows = may_be_good && !is_stale;
      if (!names_rows) return nullptr;
      return read_standing(tx, known.claims, trace);
    };
    Seen seen = TRY(newest_standing(s, known, read_rows, names_rows));
    if (is_stale) return std::optional<Person>();
    Person person = TRY(judge(s, key, std::move(seen), now, trace));
    return std::optional<Person>(std::move(person));
  });
}

Result<std::shared_ptr<const Claims>> read_claims(const Services& s, std::string_view token) {
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  return verify_token(s, *keys, token);
}

}  // namespace authd::auth
