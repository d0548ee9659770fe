// JSON Web Tokens: only what our own key has signed is valid, letter by letter.
//
// The first byte of the input chooses a key and the kind of token: the input itself, an altered
// genuine token, or claims from the input signed by somebody else in our key's name.
#include "crypto/jose/jwt.h"

#include <array>

#include "base/encoding.h"
#include "base/json_writer.h"
#include "seeded_random.h"
#include "target.h"

namespace authd::fuzz {
namespace {

using crypto::Algorithm;
using crypto::SigningKey;

constexpr std::array kAlgorithms = {Algorithm::es256, Algorithm::eddsa, Algorithm::rs256,
                                    Algorithm::hs256};
constexpr std::string_view kClaims = R"({"iss":"https://id.test","sub":"1","exp":1800000900})";

struct Keys {
  Keys() {
    SeededRandom random;
    for (const Algorithm algorithm : kAlgorithms) {
      ours.push_back(SigningKey::generate(algorithm, random).value());
      strangers.push_back(SigningKey::generate(algorithm, random).value());
      tokens.push_back(crypto::sign_jwt(ours.back(), "at+jwt", kClaims).value());
    }
  }
  std::vector<SigningKey> ours;
  std::vector<SigningKey> strangers;
  std::vector<std::string> tokens;  // signed by ours
};

// Created once.
const Keys& keys() {
  static const Keys all;
  return all;
}

// With a key of every algorithm; true if one of them accepts it.
bool is_accepted(std::string_view token) {
  const auto jws = crypto::parse_compact(token);
  if (!jws) return false;
  CHECK(token.size() <= crypto::kMaxTokenBytes && jws->alg != "none" && !jws->alg.empty());
  bool is_good = false;
  for (const SigningKey& key : keys().ours)
    is_good |= crypto::verify(*jws, key).has_value();
  return is_good;
}

bool is_genuine(std::string_view token) {
  const std::string_view signed_part = token.substr(0, token.rfind('.'));
  // With ECDSA, others can make a second signature of the same text; it says nothing new.
  return std::any_of(keys().tokens.begin(), keys().tokens.end(), [&](const std::string& known) {
    return std::string_view(known).substr(0, known.rfind('.')) == signed_part;
  });
}

// Signed with a stranger's key; the header claims our key in every possible way.
std::string forged(const SigningKey& stranger, const SigningKey& ours, std::string_view claims) {
  JsonWriter header;
  header.begin_object()
      .field("alg", crypto::name(stranger.algorithm()))
      .field("kid", ours.kid())
      .field("typ", "at+jwt")
      .end_object();
  const std::string input = base64url_encode(header.text()) + "." + base64url_encode(claims);
  return input + "." + base64url_encode(stranger.sign(input).value());
}

}  // namespace

void run(std::string_view input) {
  static const bool are_accepted =
      std::all_of(keys().tokens.begin(), keys().tokens.end(), &is_accepted);
  CHECK(are_accepted);
  Dice dice(input);
  const uint8_t choice = dice.byte();
  const size_t which = choice % kAlgorithms.size();
  const std::string& genuine = keys().tokens[which];
  std::string token;
  switch (choice / kAlgorithms.size() % 3) {
    case 0: token = dice.rest(); break;
    case 1: token = spoiled(genuine, dice); break;
    default: {
      const size_t stranger = dice.byte() % kAlgorithms.size();
      token = forged(keys().strangers[stranger], keys().ours[which], dice.rest());
    }
  }
  if (is_accepted(token)) CHECK(is_genuine(token));
}

}  // namespace authd::fuzz
