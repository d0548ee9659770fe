// The two ceremonies of passkeys (Web Authentication Level 3, sections 7.1 and 7.2), as far as they
// need neither the store nor HTTP: whether a response of an authenticator is right. The caller
// checks what depends on the store: that the challenge was not used before, that nobody has the new
// credential id yet, and whose the credential of an assertion is.
//
// A refusal is for the log. Clients get one text for all (crypto/webauthn/webauthn_refusal.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/passkeys/passkey_response.h"
#include "base/function_ref.h"
#include "crypto/jose/algorithm.h"
#include "crypto/webauthn/webauthn_refusal.h"

namespace authd::auth {

struct RelyingParty {
  std::string id;                    // a host: "example.org"
  std::vector<std::string> origins;  // whole: "https://id.example.org"
};

// Why the challenge is refused; nullopt if it is good (passkey_challenge.h).
using JudgeChallenge = FunctionRef<std::optional<crypto::WebauthnRefusal>(std::string_view)>;

struct Expected {
  const RelyingParty& party;
  JudgeChallenge judge_challenge;
  bool needs_user_verification = true;
};

// A credential that may be stored.
struct NewPasskey {
  std::string credential_id;  // 16 to 1023 bytes
  std::string public_key;     // a COSE key
  crypto::Algorithm algorithm = crypto::Algorithm::es256;
  uint32_t sign_count = 0;
  bool backup_eligible = false;
  bool backed_up = false;
  bool user_verified = false;
  std::string aaguid;  // 16 bytes; not attested, so only a label
  std::vector<std::string> transports;
  std::optional<bool> is_discoverable;  // by the browser's word
  std::string challenge;                // to be used up
};

crypto::Checked<NewPasskey> verify_registration(const Expected& expected,
                                                const RegistrationResponse& response);

// What the store knows of the credential that the response names.
struct KnownPasskey {
  std::string public_key;
  uint32_t sign_count = 0;
  bool backup_eligible = false;
  std::string user_handle;  // of its owner
};

// Whether the response must say whose it is: yes, when nothing else says who signs in. If it says
// so, it must always be the owner.
enum class UserHandle { optional, required };

enum class CounterVerdict {
  unused,    // always 0
  advanced,  // as it must
  went_back  // of a credential that is backed up: several devices count on their own
};

struct Assertion {
  uint32_t sign_count = 0;  // to be stored: the larger one
  CounterVerdict counter = CounterVerdict::unused;
  bool user_verified = false;
  bool backed_up = false;
  std::string challenge;  // to be used up
};

// `clone_suspected` if the counter of a credential that cannot be backed up did not advance
// (section 6.1.1). The signature is right in that case: the answer comes from a holder of the key.
crypto::Checked<Assertion> verify_assertion(const Expected& expected, UserHandle user_handle,
                                            const KnownPasskey& known,
                                            const AssertionResponse& response);

// For a credential that the store does not know: as much work as for one that it does, and the same
// refusal of what is wrong before the signature is looked at. After that `unknown_credential`,
// where one that it knows would be a `wrong_signature`. So neither the answer nor its time tells
// which credentials exist. (A key for another algorithm than ES256 takes another time; nobody but
// its owner can tell it from a slow network.)
crypto::WebauthnRefusal refuse_unknown(const Expected& expected, UserHandle user_handle,
                                       const AssertionResponse& response);

}  // namespace authd::auth
