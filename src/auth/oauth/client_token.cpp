#include "auth/oauth/client_token.h"

#include <algorithm>

#include "auth/core/factor.h"
#include "auth/core/subject.h"
#include "auth/oauth/acr.h"
#include "auth/oauth/claims.h"
#include "auth/oauth/clients.h"
#include "auth/oauth/parameters.h"
#include "auth/oauth/words.h"
#include "auth/sessions/credential_cache.h"
#include "auth/sessions/jwt_signing.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "tables/revocations.h"

namespace authd::auth {
namespace {

constexpr size_t kJtiBytes = 16;
constexpr JwtKind kKind = {"at+jwt"};  // RFC 9068 section 2.1

// What clients' tokens are signed with: tokens.algorithm, unless that is symmetric, so that nobody
// else could verify them.
crypto::Algorithm algorithm_for(const config::Config& config) {
  const crypto::Algorithm ours = access_algorithm(config);
  return ours == crypto::Algorithm::hs256 ? crypto::Algorithm::es256 : ours;
}

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts)
    json.value(text);
  json.end_array();
}

// One audience as a text, since some verifiers know no list (RFC 7519 section 4.1.3 allows both).
void write_audience(JsonWriter& json, const std::vector<std::string>& audience) {
  if (audience.size() == 1) {
    json.field("aud", audience.front());
  } else {
    write_list(json, "aud", audience);
  }
}

// The claims that every token has; the object stays open.
void begin_token(const Services& s, JsonWriter& json, std::string_view subject,
                 const TokenWishes& wishes, Time now) {
  json.begin_object().field("iss", s.config.tokens.issuer).field("sub", subject);
  write_audience(json, wishes.audience);
  json.field("exp", unix_seconds(now) + wishes.life.count())
      .field("iat", unix_seconds(now))
      .field("jti", base64url_encode(s.random.bytes(kJtiBytes)))
      .field("scope", joined(wishes.scopes, " "));
}

Result<ClientToken> sign(const Services& s, const std::string& claims, Seconds life) {
  std::string token = TRY(sign_jwt(s, algorithm_for(s.config), kKind.typ, claims));
  return ClientToken{AccessToken(std::move(token)), life};
}

Result<Claims> parse_claims(const Services& s, std::string_view payload) {
  const JsonObject json = TRY(JsonObject::parse(payload));
  Claims claims;
  if (TRY(json.string("iss")) != s.config.tokens.issuer) return invalid_token();
  claims.audience = TRY(json.string_or_strings("aud"));
  claims.subject = TRY(json.string("sub"));
  claims.client_id = TRY(json.string("client_id"));
  claims.jti = TRY(json.string("jti"));
  claims.scope = TRY(json.string("scope"));
  claims.issued_at = from_unix_seconds(TRY(json.integer("iat")));
  claims.expires_at = from_unix_seconds(TRY(json.integer("exp")));
  // A token with a grant names it; one of the client itself names only the client.
  const std::optional<std::string> sid = TRY(json.optional_string("sid"));
  if (sid) {
    const std::optional<std::string> id = parse_grant_id(*sid);
    if (!id) return invalid_token();
    claims.session_id = *id;
  }
  // authd's own tokens have its own audience, and are not for clients.
  if (contains(claims.audience, s.config.tokens.audience)) return invalid_token();
  return claims;
}

using Known = CredentialCache::Known;

Result<Known> look_up(const Services& s, const KeySet& keys, const std::string& key,
                      std::string_view token, Trace* trace) {
  Known known = s.credentials.find(key);
  if (trace == nullptr && known.claims && known.claims->keyring_generation == keys.generation)
    return known;
  const crypto::Jws jws = TRY(verify_jwt(keys, token, kKind, trace));
  Result<Claims> claims = parse_claims(s, jws.payload);
  if (!claims) return invalid_token();
  claims->keyring_generation = keys.generation;
  return Known{std::make_shared<const Claims>(std::move(*claims)), {}, 0};
}

std::shared_ptr<const Standing> read_standing(store::Reader& tx,
                                              const std::shared_ptr<const Claims>& claims,
                                              Trace* trace) {
  if (!passes(trace, "revocation", !tables::is_revoked(tx, claims->jti), "this token itself")) {
    return nullptr;
  }
  auto standing = std::make_shared<Standing>();
  standing->claims = claims;
  if (claims->session_id.empty()) {
    std::optional<tables::Client> client = find_client(tx, claims->client_id);
    if (!passes(trace, "client", client.has_value(), claims->client_id)) return nullptr;
    standing->behind = std::move(*client);
    return standing;
  }
  std::optional<GrantRows> rows = find_grant_rows(tx, claims->session_id, trace);
  if (!rows || rows->client.id != claims->client_id) return nullptr;
  standing->behind = std::move(*rows);
  return standing;
}

bool is_good(const Services& s, const Standing& standing, Time now, Trace* trace) {
  const Claims& claims = *standing.claims;
  const bool is_in_time = now < claims.expires_at && claims.expires_at <= now + kMaxAccessTokenLife;
  if (!passes(trace, "expiry", is_in_time,
              [&] { return "exp is " + format_rfc3339(claims.expires_at); })) {
    return false;
  }
  if (const auto* rows = std::get_if<GrantRows>(&standing.behind)) {
    return is_alive(s.config, *rows, now, trace);
  }
  const auto& client = std::get<tables::Client>(standing.behind);
  const bool is_its = client.created_at <= claims.issued_at + std::chrono::seconds(1);
  return passes(trace, "client", !client.disabled && is_its && has_grant_type(client, kClientGrant),
                "whether it is enabled, and may have tokens of its own");
}

}  // namespace

const std::string& own_audience(const Services& s) {
  return s.config.tokens.issuer;
}

Result<std::string> grant_token_claims(const Services& s, const GrantRows& rows,
                                       const TokenWishes& wishes, Time now) {
  JsonWriter json;
  begin_token(s, json, subject_of(rows.user), wishes, now);
  json.field("client_id", rows.client.id)
      .field("sid", grant_text(rows.grant.id))
      .field("auth_time", unix_seconds(rows.grant.auth_time))
      .field("acr", acr_of(rows.grant.amr));
  write_list(json, "amr", rows.grant.amr);
  // Resource servers decide by groups, too; everything else they ask for at userinfo.
  if (contains(wishes.scopes, kGroupsScope)) {
    TRY(add_claims(s, json, rows,
                   {{std::string(kGroupsScope)},
                    {},
                    wishes.scopes,
                    kMaxGroupsInIdToken,
                    kMaxAttributesInToken}));
  }
  json.end_object();
  return json.take();
}

Result<ClientToken> mint_grant_token(const Services& s, const GrantRows& rows,
                                     const TokenWishes& wishes, Time now) {
  const std::string claims = TRY(grant_token_claims(s, rows, wishes, now));
  return sign(s, claims, wishes.life);
}

Result<ClientToken> mint_own_token(const Services& s, const tables::Client& client,
                                   const TokenWishes& wishes, Time now) {
  JsonWriter json;
  begin_token(s, json, client.id, wishes, now);
  json.field("client_id", client.id).end_object();
  return sign(s, json.take(), wishes.life);
}

const tables::Client& TokenHolder::client() const {
  const GrantRows* rows = grant();
  return rows != nullptr ? rows->client : std::get<tables::Client>(standing_->behind);
}

TokenHolder::TokenHolder(const Services& s, std::shared_ptr<const Standing> standing)
    : standing_(std::move(standing)),
      scopes_(words_in(standing_->claims->scope)),
      audience_(standing_->claims->audience) {
  std::erase_if(audience_, [&](const std::string& one) {
    return one != own_audience(s) && !contains(client().resources, one);
  });
  // Which scopes belong to a resource is not asked for each request: they go with the last one.
  const bool has_resource = std::any_of(audience_.begin(), audience_.end(),
                                        [&](const auto& one) { return one != own_audience(s); });
  const std::vector<std::string> allowed = allowed_scopes(client());
  std::erase_if(scopes_, [&](const std::string& scope) {
    return !contains(allowed, scope) && (is_supported_scope(s.config, scope) || !has_resource);
  });
}

bool TokenHolder::has_scope(std::string_view scope) const {
  return contains(scopes_, scope);
}

bool TokenHolder::is_for(std::string_view audience) const {
  return contains(audience_, audience);
}

std::string client_named_in(std::string_view token) {
  const Result<crypto::Jws> jws = crypto::parse_compact(token);
  if (!jws) return "";
  const Result<JsonObject> claims = JsonObject::parse(jws->payload);
  const std::string id = claims ? claims->string("client_id").value_or("") : "";
  return id == kFirstParty ? "" : id;
}

Result<TokenHolder> authenticate_client_token(const Services& s, std::string_view token, Time now,
                                              Trace* trace) {
  const size_t steps_before = trace == nullptr ? 0 : trace->steps.size();
  const std::string key = credential_key(Credential::client_token, crypto::sha256(token));
  return with_current_keys<TokenHolder>(
      s, [&](const KeySet& keys) -> Result<std::optional<TokenHolder>> {
        if (trace != nullptr) trace->steps.resize(steps_before);
        const Result<Known> found = look_up(s, keys, key, token, trace);
        const Known known = found ? *found : Known();
        bool is_stale = false;
        Seen seen = TRY(
            newest_standing(s, known, [&](store::ReadTxn& tx) -> std::shared_ptr<const Standing> {
              is_stale = keyring_generation(tx) != keys.generation;
              if (is_stale || !known.claims) return nullptr;
              return read_standing(tx, known.claims, trace);
            }));
        if (is_stale) return std::optional<TokenHolder>();
        if (seen.standing == nullptr || !is_good(s, *seen.standing, now, trace))
          return invalid_token();
        TokenHolder holder(s, seen.standing);
        const bool is_left = passes(trace, "audience", !holder.audience().empty(),
                                    "whether the client may still have tokens for it");
        if (!is_left) return invalid_token();
        if (trace == nullptr) remember(s, key, seen);
        return std::optional<TokenHolder>(std::move(holder));
      });
}

}  // namespace authd::auth
