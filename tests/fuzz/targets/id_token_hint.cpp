// ID tokens that come back to this server (auth/oauth/tokens/id_token_hint.h): whatever counts was
// signed by this server as an ID token, and says so.
//
// The first byte of the input chooses: the input itself, an altered genuine token, claims from the
// input that this server signed, as an ID token or as another kind, or that a stranger signed.
#include "auth/oauth/tokens/id_token_hint.h"

#include "auth/sessions/jwt_signing.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "seeded_random.h"
#include "support/instance.h"
#include "target.h"

namespace authd::fuzz {
namespace {

constexpr auto kAlgorithm = crypto::Algorithm::es256;

struct World {
  static config::Config config() {
    config::Config made = test::Instance::default_config();
    made.tokens.issuer = "https://auth.test";
    return made;
  }
  static crypto::SigningKey strange_key() {
    SeededRandom random;
    return crypto::SigningKey::generate(kAlgorithm, random).value();
  }

  std::string sign(std::string_view typ, std::string_view claims) const {
    const auto token = auth::sign_jwt(t.services, kAlgorithm, typ, claims);
    return token ? *token : "";
  }

  test::Instance t{config()};
  crypto::SigningKey stranger = strange_key();
  std::string genuine =
      sign(auth::kIdTokenType, R"({"iss":"https://auth.test","sub":"ann","aud":"app","exp":1})");
};

// Created once.
const World& world() {
  static const World made;
  return made;
}

std::optional<auth::IdTokenHint> read(std::string_view token) {
  const auto hint = auth::read_id_token_hint(world().t.services, token);
  CHECK(hint);
  return *hint;
}

std::string_view signed_part(std::string_view token) {
  return token.substr(0, token.rfind('.'));
}

// A claim, read by itself.
bool says(const JsonObject& claims, std::string_view name, std::string_view text) {
  const auto value = claims.string(name);
  return value && *value == text;
}

void check_own(std::string_view claims) {
  const auto hint = read(world().sign(auth::kIdTokenType, claims));
  if (!hint) return;
  const auto json = JsonObject::parse(claims);
  CHECK(json && says(*json, "iss", "https://auth.test") && says(*json, "sub", hint->subject));
  const auto audience = json->string_or_strings("aud");
  CHECK(audience && *audience == std::vector<std::string>{hint->client_id});
}

// In the name of our key.
std::string forged(std::string_view claims) {
  const auto ours = crypto::parse_compact(world().genuine);
  JsonWriter header;
  header.begin_object()
      .field("alg", crypto::name(kAlgorithm))
      .field("kid", ours.value().kid)
      .field("typ", auth::kIdTokenType)
      .end_object();
  const std::string text = base64url_encode(header.text()) + "." + base64url_encode(claims);
  return text + "." + base64url_encode(world().stranger.sign(text).value());
}

}  // namespace

void run(std::string_view input) {
  static const bool is_genuine_good = read(world().genuine).has_value();
  CHECK(is_genuine_good);
  Dice dice(input);
  switch (dice.byte() % 5) {
    case 0: CHECK(!read(dice.rest())); break;
    case 1: {
      const std::string text = spoiled(world().genuine, dice);
      // With ECDSA, others can make a second signature of the same text; it says nothing new.
      if (read(text)) CHECK(signed_part(text) == signed_part(world().genuine));
      break;
    }
    case 2: check_own(dice.rest()); break;
    case 3: CHECK(!read(world().sign("at+jwt", dice.rest()))); break;
    default: CHECK(!read(forged(dice.rest())));
  }
}

}  // namespace authd::fuzz
