// The answers to a login that waits for its second factor, and what checks them.
#pragma once

#include <optional>
#include <variant>

#include "auth/accounts/passkeys/passkey_response.h"
#include "auth/core/factor.h"
#include "auth/core/services.h"
#include "base/secret.h"
#include "tables/schema.h"

namespace authd::auth {

// Six digits of an app or of a mail, or a recovery code: whoever types one does not say which.
struct CodeAnswer {
  OneTimeSecret code;
};

// What a passkey or a security key has signed (passkey_factor.h).
struct PasskeyAnswer {
  AssertionResponse response;
};

// To add a kind of answer, add a struct here and a row to the table of factors (second_factor.h).
using FactorAnswer = std::variant<CodeAnswer, PasskeyAnswer>;

// Whether the device is to be trusted after this answer (auth/sessions/known_devices.h).
enum class Remember { no, yes };

// The transaction in which an answer is checked and used up.
struct Proving {
  const Services& s;
  store::WriteTxn& tx;
  const tables::User& user;  // as this transaction has them; may be on their way to the store
  const tables::Challenge* challenge;  // null: the answer came along with the first factor
  Time now;
  // Put into the outbox if the answer is a recovery code; made before the transaction.
  const std::optional<tables::Mail>& recovery_notice;
  const Origin& origin;
  // Raw id of the session in which the answer is given; nullopt at a login.
  std::optional<std::string_view> session = std::nullopt;
};

// What the answer proves; nullopt when it is wrong, or of another kind of factor.
using ProveFactor = std::optional<Factor>(const Proving& proving, const FactorAnswer& answer);

}  // namespace authd::auth
