// Signatures of algorithms that only others use, made by OpenSSL's command line.
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "crypto/jose/jwt.h"
#include "crypto/jose/public_jwk.h"

using namespace authd;
using namespace authd::crypto;

namespace {

const std::string kModulus =
    "oqRoWZo3IupBk2U1YO-Ufw3cgnTqGn7eAJBm5J4Owtkv1zmgQ0jcp5YVW2wzzDOS1GJ69zsFD4XwdLU06CbjFtXg"
    "aw5MfwxKook9AjrhVToxsE5Sg1zzDQXqYuP99xhiPnqNc4QuT3a81WIdiFOtb5KMBHdFzA1xyl7ZWyxi5uQFXMmm"
    "tH2KPdeQ3t_38RQ0SwyuAVVtRbKX0qGjBGWTiutdF46OmYucoKCn_9V5BS-F77Pc_hzhjOTZ3GkZejK4-006UTlw"
    "OLkOqbe3alP3BP2JTtIaT7I4pUytupuj_CNdn817qU3u_AbbVwIgwenCU23uHtaMYNPK1RwRRei6HQ";

std::string rsa_with(const std::string& more) {
  return R"({"kty":"RSA","e":"AQAB","n":")" + kModulus + "\"" + more + "}";
}

const std::string kP384 =
    R"({"kty":"EC","crv":"P-384",)"
    R"("x":"E_bpNfhKhId4OWO4cvkCGPq1djnLMfvkllLPXmtJakBka4GcsEj3ENUHyqcFktxV",)"
    R"("y":"eVz-G6OdPSc-S_Wek3NjlVxFxKlr-p7eANHzLvRhTsaAHGQ7ibFStZTE3rU-s63w"})";
const std::string kP521 =
    R"({"kty":"EC","crv":"P-521",)"
    R"("x":"AEuW3eMf_Aw-KH8ZVEfYSA_8JyNEqMo-LnJoqfruASobHlX5vfNDXbAF0PdZRpbxIDHnP-QtxcPqYSiKKXOSIzS-",)"
    R"("y":"APMynp2dXN1vNkmP0CZiFUPpqvtljSR2enXWmhyTc1D1BrjPfcT19Rtv-H_azvBMIaIZOF1bW0TrmAmaeZIa2SKY"})";

struct Example {
  std::string alg;
  std::string jwk;
  std::string token;
};

const Example kExamples[] = {
    {"ES384", kP384,
     "eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiIxIn0.9IxBzmG2HZwRLreF2vW436N5nA3qxcZcGsOLJfEL-flMkL8e0RW"
     "ywgMfiCUyZFo0Z3gG1mnXggp8h-HDcskGkr0AM3Ik3C9NmNELeO1UMWjkIbdFDT9zs7t9u9ZL2I2E"},
    {"ES512", kP521,
     "eyJhbGciOiJFUzUxMiJ9.eyJzdWIiOiIxIn0.AEA2tOAjUrsOgY5clWhBX07SBXD04bA7MbtBi7N-SOAVaFW-lDb"
     "MLaEajORNhhn3D9EJrtIJtYn3Jkgu0IIipI8XASdgIEGaCtSK8lC1BFHJJIfQXg2deL0ZRizUbuxeWLl0Q7hk9HW"
     "3z2lhfEgwIkz_okFUscS4e6afSbD9qVWg7YA7"},
    {"RS384", rsa_with(""),
     "eyJhbGciOiJSUzM4NCJ9.eyJzdWIiOiIxIn0.Syd0E0DPWMpY2ONFX4poaMmcO9xpzJwcszlbwM3wBGfRpGwk6AE"
     "FCplV6q8fnFkkZtCOk_Git0mMz54FrZ5UIjQmplJhkgpasEo22_kTlV780Iu7NddwAGWxEVptWpVeLIpeLQdxvVQ"
     "-CtYMR_qMaYQmRiFtroUe6s8enz4L_u1CEmLxWcMihQjxtY-VyiZaoR7LvmgoZnzyQ823h45D2WRjvPcEqy3GQPk"
     "7fFUGfljZKOCl-Z0wpv42yZKWkcYGd4-m8pWTwYt1cfcAfUr6k9LrHV_Dx5sTvL_cNMduQ2DFcduSvr8Wh9Af_bG"
     "-vWFDPREU6xpEdDJX1s3z172lww"},
    {"RS512", rsa_with(""),
     "eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiIxIn0.Fw5B59uZzsHJYbCbb36DjPg7wf5zhS-T05NaUj5mmvq32vcFM4Q"
     "m0n0dj9bev0xIhYNjU5ktY9P00mxGlKFO3Zv0OK8W4CeZjQPgwZ7L8_Fz-Cijgh00Fo6ZWidyc6zg6DGV2nq072U"
     "JHRzuSKJDku-CT8LzZmnryYHJN6T0pHMAK4gXsdq2yKmMCEur8v9jkkIgO2R-7PZb8VKc_LdBr43ROD7PgDo2Xmg"
     "i_Hrt1uKczy2XzQbaV38wX1DoIKWrAAZI4oYCotalg9iu8WototIQq80smYAcQRdzamyGAuem-E-6FGFENER9jpd"
     "FgmXdwTUeQVxoo1PCCeftkWBk4w"},
    {"PS256", rsa_with(""),
     "eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiIxIn0.PZCKnSPIWh9soTp-UiuNoFPuurCySfsXHJRxSSbqyxczfHKwHe-"
     "ZTz3CEoXffJ7rFkw4fQoNEBdXbbVBXjsfdgM9ISocdIbGsjjYmxatSQrZNWI11ekHs-XGAMxZs1vSip7lYlNQX-3"
     "UkJl1EOjBTDnz1dLlymmWC-HPpWrfxoCsuq9IgY0SLKM_vtlCtGHcY6ugTpPljQAexoWQ6tIBoLMDgmnp4bvJ-h1"
     "Vs5dMsBsboEBOp43Tf_l0_MQGPyBAqH6cr0i_FoXRStmZOt-u1l3HvU-TSr8SEsuG5BxEaTiFGEvg44dqbuUM4ns"
     "7c6pa4J4Vbv-EzJJ65oUQZzF3NQ"},
    {"PS384", rsa_with(""),
     "eyJhbGciOiJQUzM4NCJ9.eyJzdWIiOiIxIn0.OU7TQtRc5qbVj99Oyzj0Dlus8UrhY8phnd3KDrLQAzpRFGy7E14"
     "EYcHxIyRzyOImbFMw8uN7SoSvbItKY_sozvITPVF4dCD6KoydaVxtoz-ASsZV_gjHAsGKqTRoXI8Slbvo9VOdsu8"
     "g1rPXbrSNTn_0npdzmLWS_xm415nh1rClsz9he4f0Wl0ji4xynz8EEPUHd9I3zbepcoqnzfqjbe1eL6bFtOg05cE"
     "qjTcNpneilNb5G2asJAD0ZUx6E-MoU5ixLsDWzXVPZf29wFeIRosYpIyCs0jBD0HJzquthzVog3Wr-t83ErQ0igz"
     "MPWt8yM5Qekj03wo1RRndXDgXfg"},
    {"PS512", rsa_with(""),
     "eyJhbGciOiJQUzUxMiJ9.eyJzdWIiOiIxIn0.B4P6XNG-HTLoFmKCiliQZV-unbFG63u_-8p9Kyf02jFJ5Q1fdhv"
     "AZzcVqMRm8eaQsQ5EzDRXpKpfCBNjv7ki1ehRPFBCjQFvNIIB6pwhV_2G5HyS1fRTraTCJQtn-6C0mjQzjoE1QKy"
     "oMhPV7BUYiHzssdkBIy3qCplXPY7dR6tVEkofad4dCnH8ak6na1qLD8bUmKMBanA1b_9wD2AvQgV74I0a896nLJ5"
     "thbDfTDZEDJfpOwvTaGVJUgIxR_ayaF5rO3fKZ-Il4XEkmRizQyBDZK6dksz_VBLT01Iy61SQvZMuKTecK0RkthM"
     "uJLZSx-pjpXewn8tuwXT3bD6oCQ"},
};

// Whether one of the key's algorithms verifies the token.
bool verifies(const std::string& token, const std::string& jwk) {
  const auto jws = parse_compact(token);
  const auto keys = SigningKey::all_from_public_jwk(jwk);
  if (!jws || !keys) return false;
  bool is_good = false;
  for (const SigningKey& key : *keys)
    is_good |= verify(*jws, key).has_value();
  return is_good;
}

}  // namespace

TEST_CASE("the algorithms of others are verified, each by its own key alone") {
  for (const Example& example : kExamples) {
    CAPTURE(example.alg);
    CHECK(verifies(example.token, example.jwk));
    const size_t begin = example.token.rfind('.') + 1;
    std::string spoiled = example.token;
    spoiled[begin + 10] = spoiled[begin + 10] == 'A' ? 'B' : 'A';
    CHECK_FALSE(verifies(spoiled, example.jwk));
    spoiled = example.token;
    spoiled[begin - 3] = spoiled[begin - 3] == 'A' ? 'B' : 'A';
    CHECK_FALSE(verifies(spoiled, example.jwk));
    for (const Example& other : kExamples) {
      if (other.alg[0] == 'E' && other.alg != example.alg) {
        CHECK_FALSE(verifies(example.token, other.jwk));
      }
    }
  }
}

TEST_CASE("an RSA key is for the algorithm that it names, or for all of RSA") {
  for (const Example& example : kExamples) {
    if (example.alg[0] == 'E') continue;
    for (const std::string alg : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}) {
      CAPTURE(example.alg, alg);
      CHECK(verifies(example.token, rsa_with(R"(,"alg":")" + alg + "\"")) == (alg == example.alg));
    }
  }
  CHECK(parse_public_jwk(rsa_with("")).value().algorithms.size() == 6);
  CHECK_FALSE(parse_public_jwk(rsa_with(R"(,"alg":"ES384")")));
  CHECK_FALSE(parse_public_jwk(rsa_with(R"(,"alg":"RSA-OAEP")")));
}

TEST_CASE("a point of another curve, or with a coordinate that is cut, is refused") {
  const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  CHECK(parse_public_jwk(kP384));
  CHECK(parse_public_jwk(kP521));
  CHECK_FALSE(parse_public_jwk(replaced(kP384, "P-384", "P-256")));
  CHECK_FALSE(parse_public_jwk(replaced(kP384, "P-384", "P-521")));
  CHECK_FALSE(parse_public_jwk(replaced(kP384, "P-384", "secp256k1")));
  CHECK_FALSE(parse_public_jwk(replaced(kP521, "\"x\":\"AE", "\"x\":\"AF")));
}

TEST_CASE("Ed25519 and EdDSA are two names of one algorithm") {
  SystemRandom random;
  const SigningKey key = SigningKey::generate(Algorithm::eddsa, random).value();
  for (const char* alg : {"EdDSA", "Ed25519"}) {
    const std::string input = base64url_encode(R"({"alg":")" + std::string(alg) + "\"}") + ".e30";
    const std::string token = input + "." + base64url_encode(*key.sign(input));
    CHECK(verifies(token, key.public_jwk()));
    const std::string jwk = key.public_jwk();
    const size_t at = jwk.find("EdDSA");
    CHECK(verifies(token, jwk.substr(0, at) + alg + jwk.substr(at + 5)));
  }
  const std::string input = base64url_encode(R"({"alg":"Ed448"})") + ".e30";
  CHECK_FALSE(parse_compact(input + "." + base64url_encode(*key.sign(input))));
}
