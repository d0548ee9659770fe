// ID tokens of a provider: claims from the input that the provider has really signed, and texts
// that it has not.
#include "auth/signin/id_token.h"

#include "base/encoding.h"
#include "seeded_random.h"
#include "target.h"

namespace authd::fuzz {
namespace {

const Time kNow = from_unix_seconds(1'800'000'000);

struct Provider {
  Provider() {
    SeededRandom random;
    auto made = crypto::SigningKey::generate(crypto::Algorithm::eddsa, random).value();
    signs = std::make_shared<const crypto::SigningKey>(std::move(made));
  }
  auth::VerifyingKey signs;
};

const config::Provider& configured() {
  static const config::Provider provider = [] {
    config::Provider made;
    made.issuer = "https://id.test/";
    made.client_id = "me";
    made.groups_claim = "realm_access.roles";
    return made;
  }();
  return provider;
}

auth::IdTokenWanted wanted() {
  return {configured(), "the nonce", kNow - Seconds(60)};
}

// A required claim, read by a separate reader.
bool says(const JsonObject& claims, std::string_view name, std::string_view text) {
  const auto value = claims.string(name);
  return value && *value == text;
}

void check_signed(const Provider& provider, std::string_view claims) {
  const auto token = crypto::sign_jwt(*provider.signs, "JWT", claims);
  if (!token) return;
  const auto jws = crypto::parse_compact(*token);
  if (!jws) return;  // too long
  const auto person = auth::check_id_token(*jws, {provider.signs}, wanted(), kNow);
  if (!person) return;
  const auto read = JsonObject::parse(claims);
  CHECK(read && says(*read, "iss", configured().issuer) && says(*read, "nonce", wanted().nonce) &&
        says(*read, "sub", person->subject) && !person->subject.empty());
  const auto audience = read->string_or_strings("aud");
  CHECK(audience && std::find(audience->begin(), audience->end(), "me") != audience->end());
  const auto end = read->number("exp");
  CHECK(end && *end + 61 > static_cast<double>(unix_seconds(kNow)));
  CHECK(is_valid_utf8(person->email) && is_valid_utf8(person->given_name));
}

}  // namespace

void run(std::string_view input) {
  static const Provider provider;
  check_signed(provider, input);
  if (const auto jws = crypto::parse_compact(input)) {
    CHECK(!auth::check_id_token(*jws, {provider.signs}, wanted(), kNow));
  } else {
    CHECK(!auth::cause_of_unreadable(input).empty());
  }
}

}  // namespace authd::fuzz
