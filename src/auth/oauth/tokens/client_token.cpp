#include "auth/oauth/tokens/client_token.h"

#include <algorithm>

#include "auth/core/factor.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/acr.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/protocol/words.h"
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

// Who acts, the newest outside (RFC 8693 section 4.1), and the tokens that this one depends on.
void write_exchange(JsonWriter& json, const ExchangedFrom& exchanged) {
  json.key("act");
  write_actors(json, exchanged.actors);
  write_list(json, "subject_tokens", exchanged.subject_tokens);
}

// The claims that every token has; the object stays open.
void begin_token(const Services& s, JsonWriter& json, std::string_view subject,
                 const TokenWishes& wishes, Time now) {
  json.begin_object()
      .field("iss", s.config.tokens.issuer)
      .field("sub", wishes.exchanged ? std::string_view(wishes.exchanged->subject) : subject);
  write_audience(json, wishes.audience);
  if (wishes.exchanged) write_exchange(json, *wishes.exchanged);
  if (!wishes.jkt.empty()) write_confirmation(json, wishes.jkt);
  json.field("exp", unix_seconds(now) + wishes.life.count())
      .field("iat", unix_seconds(now))
      .field("jti", base64url_encode(s.random.bytes(kJtiBytes)))
      .field("scope", joined(wishes.scopes, " "));
}

Result<ClientToken> sign(const Services& s, const std::string& claims, Seconds life) {
  std::string token = TRY(sign_jwt(s, algorithm_for(s.config), kKind.typ, claims));
  return ClientToken{AccessToken(std::move(token)), life};
}

// The clients in `act`, which is nested as deep as the token was exchanged.
Result<std::vector<std::string>> parse_actors(JsonObject act) {
  std::vector<std::string> actors;
  while (true) {
    actors.push_back(TRY(act.string("sub")));
    if (!act.has("act")) return actors;
    if (actors.size() == kMaxExchanges) return invalid_token();
    act = TRY(act.object("act"));
  }
}

Result<void> parse_exchange(const Services& s, const JsonObject& json, Claims& claims) {
  if (!json.has("act")) return {};
  claims.actors = TRY(parse_actors(TRY(json.object("act"))));
  claims.subject_tokens =
      TRY(json.optional_strings("subject_tokens")).value_or(std::vector<std::string>{});
  const bool is_whole = claims.actors.front() == claims.client_id &&
                        claims.actors.size() == claims.subject_tokens.size();
  // No exchange leads to userinfo, where somebody signs in to a client.
  if (!is_whole || contains(claims.audience, own_audience(s))) return invalid_token();
  return {};
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
  TRY(parse_exchange(s, json, claims));
  // An unknown `cnf` must not be ignored: the token would be accepted without its key.
  if (json.has("cnf")) claims.jkt = TRY(TRY(json.object("cnf")).string("jkt"));
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

// Who exchanged the token, and whether the tokens that it comes from were revoked: whoever revokes
// one means whatever was made of it, too.
bool read_exchange(store::Reader& tx, const Claims& claims, Standing& standing, Trace* trace) {
  for (const std::string& jti : claims.subject_tokens) {
    const bool is_good = !tables::is_revoked(tx, jti);
    if (!passes(trace, "revocation", is_good,
                is_good ? "a token that it was exchanged for was not revoked"
                        : "a token that it was exchanged for was revoked")) {
      return false;
    }
  }
  for (const std::string& id : claims.actors) {
    std::optional<tables::Client> client = find_client(tx, id);
    if (!passes(trace, "client that exchanged it", client.has_value(), id)) return false;
    standing.actors.push_back(std::move(*client));
  }
  return true;
}

// A token that a client got for itself, or that was exchanged for such a one, names no grant.
bool names_grant(const Claims& claims) {
  return !claims.session_id.empty();
}

std::shared_ptr<const Standing> read_standing(store::Reader& tx,
                                              const std::shared_ptr<const Claims>& claims,
                                              Trace* trace) {
  const bool is_revoked = tables::is_revoked(tx, claims->jti);
  if (!passes(trace, "revocation", !is_revoked,
              is_revoked ? "this token itself was revoked" : "not revoked")) {
    return nullptr;
  }
  auto standing = std::make_shared<Standing>();
  standing->claims = claims;
  if (!read_exchange(tx, *claims, *standing, trace)) return nullptr;
  const bool is_exchanged = !claims->actors.empty();
  if (!names_grant(*claims)) {
    const std::string& id = is_exchanged ? claims->subject : claims->client_id;
    std::optional<tables::Client> client = find_client(tx, id);
    if (!passes(trace, "client", client.has_value(), id)) return nullptr;
    standing->behind = std::move(*client);
    return standing;
  }
  std::optional<GrantRows> rows = find_grant_rows(tx, claims->session_id, trace);
  if (!rows || (!is_exchanged && rows->client.id != claims->client_id)) return nullptr;
  standing->behind = std::move(*rows);
  return standing;
}

// Whether each client that exchanged the token may do that still, for this person. One that was
// created later is another one of the same id.
bool are_actors_good(const config::Config& config, const Standing& standing, Trace* trace) {
  const auto* rows = std::get_if<GrantRows>(&standing.behind);
  const Time issued_at = standing.claims->issued_at + std::chrono::seconds(1);
  return std::all_of(
      standing.actors.begin(), standing.actors.end(), [&](const tables::Client& actor) {
        const bool may_exchange = is_enabled(config, actor) && actor.created_at <= issued_at &&
                                  has_grant_type(actor, kExchangeGrant);
        const bool may_enter = rows == nullptr || has_role_for(actor, rows->roles);
        return passes(trace, "client that exchanged it", may_exchange && may_enter, [&] {
          if (!may_exchange) return "it is disabled, may not exchange tokens, or is a later one";
          return may_enter ? "it may exchange tokens for this user" : "the user may not use it";
        });
      });
}

bool is_good(const Services& s, const Standing& standing, Time now, Trace* trace) {
  const Claims& claims = *standing.claims;
  const bool is_in_time = now < claims.expires_at && claims.expires_at <= now + kMaxAccessTokenLife;
  if (!passes(trace, "expiry", is_in_time,
              [&] { return "exp is " + format_rfc3339(claims.expires_at); })) {
    return false;
  }
  if (!are_actors_good(s.config, standing, trace)) return false;
  if (const auto* rows = std::get_if<GrantRows>(&standing.behind)) {
    return is_alive(s.config, *rows, now, trace);
  }
  const auto& client = std::get<tables::Client>(standing.behind);
  const bool is_its = client.created_at <= claims.issued_at + std::chrono::seconds(1);
  const bool may_have = is_enabled(s.config, client) && has_grant_type(client, kClientGrant);
  return passes(trace, "client", may_have && is_its, [&] {
    if (!is_its) return "a later one with the id of the client that got the token";
    return may_have ? "it may have tokens of its own"
                    : "it is disabled, or may not have tokens of its own";
  });
}

// The client that got the first token.
const tables::Client& first_client(const Standing& standing) {
  const auto* rows = std::get_if<GrantRows>(&standing.behind);
  return rows != nullptr ? rows->client : std::get<tables::Client>(standing.behind);
}

std::optional<GrantRows> seen_by_actor(const Standing& standing) {
  const auto* rows = std::get_if<GrantRows>(&standing.behind);
  if (rows == nullptr || standing.actors.empty()) return std::nullopt;
  return rows_for_actors(*rows, standing.actors);
}

// Whether each client that has had the token, or one that it comes from, may ask for the scope.
bool may_all_have(const Standing& standing, std::string_view scope) {
  return contains(allowed_scopes(first_client(standing)), scope) &&
         std::all_of(
             standing.actors.begin(), standing.actors.end(),
             [&](const tables::Client& actor) { return contains(allowed_scopes(actor), scope); });
}

}  // namespace

void write_confirmation(JsonWriter& json, std::string_view jkt) {
  json.key("cnf").begin_object().field("jkt", jkt).end_object();
}

void write_actors(JsonWriter& json, std::span<const std::string> actors) {
  json.begin_object().field("sub", actors.front());
  if (actors.size() > 1) {
    json.key("act");
    write_actors(json, actors.subspan(1));
  }
  json.end_object();
}

GrantRows rows_for_actors(const GrantRows& rows, const std::vector<tables::Client>& actors) {
  GrantRows seen = rows;
  // The newest comes first, and its own rules are asked where its row is.
  for (size_t i = actors.size(); i > 0; --i) {
    seen.roles = visible_roles(seen.client, seen.roles);
    seen.client = actors[i - 1];
  }
  return seen;
}

const std::string& own_audience(const Services& s) {
  return s.config.tokens.issuer;
}

std::string_view type_of(const TokenWishes& wishes) {
  return wishes.jkt.empty() ? kBearerType : kDpopType;
}

Result<std::string> grant_token_claims(const Services& s, const GrantRows& rows,
                                       const TokenWishes& wishes, Time now) {
  const std::string subject = TRY(subject_for(s, rows.client, rows.user));
  JsonWriter json;
  begin_token(s, json, subject, wishes, now);
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

const GrantRows* TokenHolder::grant() const {
  return seen_ ? &*seen_ : std::get_if<GrantRows>(&standing_->behind);
}

const tables::Client& TokenHolder::client() const {
  if (!standing_->actors.empty()) return standing_->actors.front();
  return first_client(*standing_);
}

TokenHolder::TokenHolder(const Services& s, std::shared_ptr<const Standing> standing)
    : standing_(std::move(standing)),
      seen_(seen_by_actor(*standing_)),
      scopes_(words_in(standing_->claims->scope)),
      audience_(standing_->claims->audience) {
  std::erase_if(audience_, [&](const std::string& one) {
    return one != own_audience(s) && !is_strangers(client()) && !contains(client().resources, one);
  });
  // Which scopes belong to a resource is not asked for each request: they go with the last one.
  const bool has_resource = std::any_of(audience_.begin(), audience_.end(),
                                        [&](const auto& one) { return one != own_audience(s); });
  std::erase_if(scopes_, [&](const std::string& scope) {
    return !may_all_have(*standing_, scope) &&
           (is_supported_scope(s.config, scope) || !has_resource);
  });
}

bool TokenHolder::has_scope(std::string_view scope) const {
  return contains(scopes_, scope);
}

bool TokenHolder::is_for(std::string_view audience) const {
  return contains(audience_, audience);
}

bool TokenHolder::may_use(const tables::Client& client) const {
  const auto* rows = std::get_if<GrantRows>(&standing_->behind);
  return rows == nullptr || has_role_for(client, rows->roles);
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
        bool names_rows = known.claims != nullptr;
        const auto read_rows = [&](store::ReadTxn& tx) -> std::shared_ptr<const Standing> {
          is_stale = keyring_generation(tx) != keys.generation;
          names_rows = known.claims && !is_stale;
          if (!names_rows) return nullptr;
          return read_standing(tx, known.claims, trace);
        };
        Seen seen = TRY(newest_standing(s, known, read_rows, names_rows));
        if (is_stale) return std::optional<TokenHolder>();
        if (seen.standing == nullptr || !is_good(s, *seen.standing, now, trace))
          return invalid_token();
        TokenHolder holder(s, seen.standing);
        const bool is_left = !holder.audience().empty();
        if (!passes(trace, "audience", is_left,
                    is_left ? "the client may still have tokens for it"
                            : "the client may no longer have tokens for it")) {
          return invalid_token();
        }
        if (trace == nullptr) remember(s, key, seen);
        return std::optional<TokenHolder>(std::move(holder));
      });
}

}  // namespace authd::auth
