#include "auth/oauth/proofs/dpop.h"

#include <algorithm>

#include "auth/core/lifetime.h"
#include "auth/core/limits/used_once.h"
#include "auth/core/numeric_date.h"
#include "auth/core/server_mac.h"
#include "auth/oauth/memory/memory.h"
#include "auth/oauth/memory/proof_nonce.h"
#include "auth/oauth/protocol/fapi.h"
#include "auth/oauth/protocol/proof_address.h"
#include "auth/oauth/protocol/words.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/refusal.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/jose/jwt.h"

namespace authd::auth {
namespace {

constexpr std::string_view kType = "dpop+jwt";
// With a larger RSA key, or any of more than 4096 bits, a stranger's proof would cost too much.
constexpr size_t kMaxSignature = 4096 / 8;
constexpr int kBusySeconds = 5;

Error wrong(std::string message) {
  return refused(ErrorCode::malformed, "invalid_dpop_proof", std::move(message));
}

Error needs_nonce(std::string message) {
  return refused(ErrorCode::malformed, "use_dpop_nonce", std::move(message));
}

// The text for which the proof is marked.
std::string name_of(const Proof& proof) {
  return proof.jkt + " " + proof.jti;
}

// Verifies the signature with the key that the proof brings.
Result<ProofKeys::Key> check_signature(const Services& s, const crypto::KeyedJws& sent) {
  const Result<ProofKeys::Key> key = s.oauth.proof_keys.read(sent.jwk);
  if (!key) {
    return wrong("The jwk of the DPoP proof is not a public key that can be used here: " +
                 key.error().message + ".");
  }
  if (!crypto::verify(sent.jws, **key)) {
    return wrong("The signature of the DPoP proof is wrong.");
  }
  s.oauth.proof_keys.keep(sent.jwk, *key);
  return *key;
}

Result<std::string> text_in(const JsonObject& claims, std::string_view name) {
  Result<std::string> text = claims.string(name);
  if (text && !text->empty()) return text;
  return wrong("The DPoP proof lacks the claim " + std::string(name) + ".");
}

Result<void> check_request(const JsonObject& claims, const SentProof& sent) {
  if (TRY(text_in(claims, "htm")) != sent.method) {
    return wrong("The DPoP proof is for another method: htm is not " + std::string(sent.method) +
                 ".");
  }
  const std::optional<std::string> meant = compared_address(TRY(text_in(claims, "htu")));
  const std::optional<std::string> asked = compared_address(sent.address);
  if (meant && asked && *meant == *asked) return {};
  return wrong("The DPoP proof is for another address: htu is not " +
               asked.value_or("one that this server has") + ".");
}

Result<Time> read_time(const JsonObject& claims, Time now) {
  const Result<double> seconds = claims.number("iat");
  if (!seconds) return wrong("The DPoP proof lacks the claim iat.");
  const Time made_at = numeric_date(*seconds);
  if (made_at > now + kProofAhead) {
    return wrong("The DPoP proof is from the future: iat is ahead of this server's clock.");
  }
  if (made_at + kProofAge < now) {
    return wrong("The DPoP proof is too old: make one for each request.");
  }
  return made_at;
}

Result<void> check_token(const JsonObject& claims, std::string_view access_token) {
  if (access_token.empty()) return {};
  if (TRY(text_in(claims, "ath")) == base64url_encode(crypto::sha256(access_token))) return {};
  return wrong("The DPoP proof is for another access token: ath is not its SHA-256.");
}

Result<std::optional<Milliseconds>> read_nonce(const Services& s, const JsonObject& claims) {
  using Age = std::optional<Milliseconds>;
  if (!claims.has("nonce")) return Age();
  const Result<std::string> nonce = claims.string("nonce");
  const Age age = nonce ? age_of_proof_nonce(s, *nonce) : Age();
  if (age) return age;
  return needs_nonce("The nonce of the DPoP proof is not known, or is too old.");
}

}  // namespace

Result<Proof> check_proof(const Services& s, const SentProof& sent, std::string_view access_token,
                          Time now) {
  if (sent.text.empty()) return wrong("The header DPoP with a proof of the key is missing.");
  const Result<crypto::KeyedJws> keyed = crypto::parse_keyed(sent.text, kMaxProof);
  if (!keyed || keyed->jws.signature.size() > kMaxSignature) {
    return wrong("The DPoP header is not a signed JWT whose header has alg and jwk.");
  }
  // It is compared as it stands: RFC 9449 section 4.2 has no other spelling.
  if (keyed->jws.typ != kType) return wrong("The DPoP proof must have the typ dpop+jwt.");
  if (!contains(kProofAlgorithms, keyed->jws.alg)) {
    return wrong("The DPoP proof must be signed with " + joined(kProofAlgorithms, ", ") + ".");
  }
  const Result<JsonObject> claims = JsonObject::parse(keyed->jws.payload);
  if (!claims) return wrong("The claims of the DPoP proof are not a JSON object.");
  Proof proof;
  proof.jti = TRY(text_in(*claims, "jti"));
  if (proof.jti.size() > kMaxProofId) return wrong("The jti of the DPoP proof is too long.");
  TRY(check_request(*claims, sent));
  proof.made_at = TRY(read_time(*claims, now));
  TRY(check_token(*claims, access_token));
  proof.nonce_age = TRY(read_nonce(s, *claims));
  // Last, because it costs the most.
  const ProofKeys::Key key = TRY(check_signature(s, *keyed));
  proof.jkt = key->kid();
  proof.algorithm = key->algorithm();
  return proof;
}

Result<void> check_algorithm(const tables::Client& client, const Proof& proof) {
  const bool is_rs256 = proof.is_there() && proof.algorithm == crypto::Algorithm::rs256;
  if (!is_rs256 || may_use_rs256(client)) return {};
  return wrong("This client may not sign with RS256: its profile is fapi2. Use ES256 or EdDSA.");
}

bool is_proved(std::string_view jkt, const Proof& proof) {
  return jkt.empty() || proof.jkt == jkt;
}

Result<void> use_proof(store::WriteTxn& tx, const Proof& proof, Time now) {
  if (!proof.is_there()) return {};
  const Time until = std::max(now, proof.made_at) + kProofAge + kClockSlack;
  if (use_once(tx, once::kDpopProof, name_of(proof), until)) return {};
  return wrong("The DPoP proof was used before: make one for each request.");
}

Result<void> spend_proof(const Services& s, const Proof& proof, Time now) {
  if (!proof.is_there()) return {};
  SeenProofs& seen = s.oauth.proofs;
  // Made after this process handed out the nonce, and that is younger than what it remembers.
  const bool is_fresh = proof.nonce_age && *proof.nonce_age <= SeenProofs::kMemory;
  if (seen.may_be_forgotten(proof.made_at, now) && !is_fresh) {
    return needs_nonce("This server has just started: use the nonce in the DPoP proof.");
  }
  // Marks are short, and a client chooses what it signs: without a key of this server, it could
  // look for one that has the mark of another.
  const std::string mark = server_mac(s, "seen dpop proof", name_of(proof));
  switch (seen.note(mark, s.clock.steady_now())) {
    case SeenProofs::Answer::first: return {};
    case SeenProofs::Answer::seen:
      return wrong("The DPoP proof was used before: make one for each request.");
    case SeenProofs::Answer::no_room: break;
  }
  if (!proof.nonce_age)
    return needs_nonce("Too many DPoP proofs are arriving: use the nonce in the proof.");
  Error busy{ErrorCode::busy, "Too many DPoP proofs are arriving; try again in a few seconds."};
  busy.retry_after_s = kBusySeconds;
  return busy;
}

bool is_thumbprint(std::string_view text) {
  const std::optional<std::string> bytes = base64url_decode(text);
  return bytes && bytes->size() == crypto::kSha256Bytes;
}

}  // namespace authd::auth
