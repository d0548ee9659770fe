// What clients sign: assertions and request objects, with claims from the input that the client has
// really signed, and texts that it has not; and the key sets that clients bring along.
//
// The first byte of the input chooses: a token, the claims of one, an altered genuine one, or a key
// set.
#include "auth/oauth/proofs/client_jwt.h"

#include "auth/oauth/proofs/request_object.h"
#include "auth/oauth/protocol/key_set.h"
#include "auth/oauth/protocol/words.h"
#include "seeded_random.h"
#include "support/instance.h"
#include "target.h"

namespace authd::fuzz {
namespace {

const std::string kIssuer = "https://auth.test";

struct World {
  World() {
    client.id = "app";
    client.jwks = "{\"keys\":[" + key.public_jwk() + "]}";
    client.redirect_uris = {"https://app.example/callback"};
  }
  static config::Config config() {
    config::Config made = test::Instance::default_config();
    made.public_url = kIssuer;
    made.tokens.issuer = kIssuer;
    return made;
  }
  static crypto::SigningKey made_key() {
    SeededRandom random;
    return crypto::SigningKey::generate(crypto::Algorithm::eddsa, random).value();
  }

  test::Instance t{config()};
  crypto::SigningKey key = made_key();
  tables::Client client;
};

// Created once.
World& world() {
  static World made;
  return made;
}

bool says(const JsonObject& claims, std::string_view name, std::string_view text) {
  const auto value = claims.string(name);
  return value && *value == text;
}

// Whatever is accepted is for this server, and in time.
void check_assertion(const std::string& text) {
  World& w = world();
  const auto jwt = auth::parse_client_jwt(text, auth::kAssertionType);
  if (!jwt) return;
  CHECK(auth::contains(auth::kClientAlgorithms, jwt->jws.alg) ||
        !auth::check_algorithm(jwt->jws, w.client));
  const Time now = w.t.clock.now();
  const std::array ours = {kIssuer};
  if (auth::check_client_audience(jwt->claims, ours)) {
    const auto audiences = jwt->claims.string_or_strings("aud");
    CHECK(audiences && !audiences->empty());
    for (const std::string& one : *audiences)
      CHECK(one == kIssuer);
  }
  if (!auth::check_client_times(jwt->claims, std::chrono::hours(1), now)) return;
  const auto end = jwt->claims.optional_number("exp");
  CHECK(end);
  if (*end) {
    const auto seconds = static_cast<double>(unix_seconds(now));
    CHECK(**end + 61 > seconds && **end < seconds + 3661);
  }
}

// Whatever counts was signed by the client, about itself.
void check_object(const std::string& text, bool is_signed) {
  World& w = world();
  const std::array pairs = {auth::Parameters::Pair("client_id", "app"),
                            auth::Parameters::Pair("request", text)};
  const auto sent = auth::Parameters::read(pairs);
  if (!sent || !sent->has("request")) return;
  const auto found = auth::signed_parameters(w.t.services, w.client, *sent, w.t.clock.now());
  if (!found) return;
  CHECK(is_signed);
  CHECK((*found)["client_id"] == "app" && !found->has("request") && !found->has("request_uri"));
  const auto jws = crypto::parse_compact(text);
  const auto claims = JsonObject::parse(jws.value().payload);
  CHECK(claims && says(*claims, "iss", "app") && !says(*claims, "sub", "app"));
}

void check_text(const std::string& text, bool is_signed) {
  check_assertion(text);
  check_object(text, is_signed);
}

void check_signed(std::string_view claims) {
  const auto token = crypto::sign_jwt(world().key, "JWT", claims);
  if (token) check_text(*token, true);
}

void check_altered(Dice& dice) {
  static const std::string genuine =
      crypto::sign_jwt(world().key, "JWT",
                       R"({"iss":"app","aud":"https://auth.test","client_id":"app"})")
          .value();
  const std::string text = spoiled(genuine, dice);
  check_text(text, text.substr(0, text.rfind('.')) == genuine.substr(0, genuine.rfind('.')));
}

// A set that may be registered is one, and stays what it is.
void check_set(std::string_view text) {
  const std::string compact = auth::compact_key_set(text);
  CHECK(auth::compact_key_set(compact) == compact);
  if (!auth::check_key_set(text)) return;
  CHECK(auth::is_key_set(text) && auth::check_key_set(compact));
  crypto::Jws token;
  token.alg = "ES256";
  token.signature = std::string(64, '\0');
  CHECK(!auth::is_signed_by(text, token));
}

}  // namespace

void run(std::string_view input) {
  Dice dice(input);
  switch (dice.byte() % 4) {
    case 0: return check_text(std::string(dice.rest()), false);
    case 1: return check_signed(dice.rest());
    case 2: return check_altered(dice);
    default: return check_set(dice.rest());
  }
}

}  // namespace authd::fuzz
