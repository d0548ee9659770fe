// Proofs of possession: what is accepted was signed by the key that it names, and is about the
// request that it came with. And addresses: two that are compared as equal mean the same.
//
// The first byte of the input chooses: the input itself, an altered genuine proof, claims or a key
// from the input signed with a key of ours, or an address.
#include "auth/oauth/proofs/dpop.h"

#include "auth/oauth/protocol/proof_address.h"
#include "support/proofs.h"
#include "target.h"

namespace authd::fuzz {
namespace {

const std::string kAddress = "https://id.test/oauth2/token";

struct World {
  test::Instance t;
  test::ProofKey key;
  test::ProofKey strangers;
  std::string genuine = key.make(kAddress, t.clock.now());
};

// Created once.
World& world() {
  static World made;
  return made;
}

std::optional<auth::Proof> accepted(const std::string& text) {
  World& w = world();
  const auto proof = auth::check_proof(w.t.services, {text, "POST", kAddress}, "", w.t.clock.now());
  if (!proof) {
    CHECK(proof.error().code == ErrorCode::malformed);
    return std::nullopt;
  }
  CHECK(text.size() <= auth::kMaxProof && proof->jti.size() <= auth::kMaxProofId);
  CHECK(auth::is_thumbprint(proof->jkt) && !proof->nonce_age);
  return *proof;
}

std::string_view signed_part(std::string_view text) {
  return text.substr(0, text.rfind('.'));
}

// In the place of the key or of a claim, something of the input; signed by ours.
std::string made(World& w, Dice& dice) {
  const uint8_t where = dice.byte();
  const std::string text(dice.rest());
  return w.key.make(kAddress, w.t.clock.now(), [&](test::ProofText& proof) {
    switch (where % 4) {
      case 0: proof.htu = text; break;
      case 1: proof.htm = text; break;
      case 2: proof.jti = text; break;
      default: proof.jwk = w.strangers.key().public_jwk();
    }
  });
}

void check_address(std::string_view text) {
  const std::optional<std::string> compared = auth::compared_address(text);
  if (!compared) return;
  CHECK(auth::compared_address(*compared) == *compared);
  CHECK(compared->starts_with("https://") || compared->starts_with("http://"));
  CHECK(compared->find_first_of("?# ") == std::string::npos);
}

}  // namespace

void run(std::string_view input) {
  World& w = world();
  static const bool is_genuine_good = accepted(w.genuine).has_value();
  CHECK(is_genuine_good);
  Dice dice(input);
  switch (dice.byte() % 4) {
    case 0: {
      const auto proof = accepted(std::string(dice.rest()));
      CHECK(!proof || proof->jkt != w.key.jkt());
      break;
    }
    case 1: {
      const std::string text = spoiled(w.genuine, dice);
      // With ECDSA, others can make a second signature of the same text; it says nothing new.
      if (accepted(text)) CHECK(signed_part(text) == signed_part(w.genuine));
      break;
    }
    case 2: {
      const auto proof = accepted(made(w, dice));
      CHECK(!proof || proof->jkt == w.key.jkt());
      break;
    }
    default: check_address(dice.rest());
  }
}

}  // namespace authd::fuzz
