// Files from other systems: the first byte chooses the format (or lets the file decide), the rest
// is the file. Every reader terminates, and a record that passes the rules is an account that authd
// can store, show and log in.
#include "auth/core/identifiers.h"
#include "auth/upkeep/transfer/records/check.h"
#include "auth/upkeep/transfer/records/record.h"
#include "base/encoding.h"
#include "crypto/passwords/password_hash.h"
#include "crypto/webauthn/cose_key.h"
#include "tables/rows/codec.h"
#include "target.h"

namespace authd::fuzz {
namespace {

namespace transfer = auth::transfer;

const Time kNow = from_unix_seconds(1'800'000'000);

void check_account(const transfer::Account& account, const transfer::Rules& rules) {
  const auto prepared = transfer::prepare(account, rules, kNow);
  if (!prepared) {
    CHECK(prepared.error().code == ErrorCode::invalid && !prepared.error().message.empty());
    return;
  }
  const tables::User& user = prepared->user;
  CHECK(!user.username.empty() || !user.email.empty());
  CHECK(user.username.empty() || auth::parse_username(user.username));
  CHECK(user.email.empty() || auth::parse_email(user.email));
  CHECK(user.phone_number.empty() || auth::parse_phone_number(user.phone_number));
  CHECK(auth::parse_person_name(user.first_name, "first_name"));
  CHECK(user.password_hash.empty() || crypto::is_supported_hash(user.password_hash));
  CHECK(prepared->passkeys.size() == user.passkeys + user.security_keys);
  for (const tables::Passkey& passkey : prepared->passkeys) {
    CHECK(passkey.rp_id == rules.realm.passkeys.rp_id && !passkey.name.empty());
    CHECK(crypto::CoseKey::parse(passkey.public_key));
  }
  const std::string row = tables::encode_row(user);
  CHECK(row.size() <= store::kMaxValueBytes);
  CHECK(tables::encode_row(tables::decode_row<tables::User>(row, "users")) == row);
  const bool is_admin =
      std::find(prepared->roles.begin(), prepared->roles.end(), "admin") != prepared->roles.end();
  CHECK(!is_admin || rules.allows_admin);
}

}  // namespace

void run(std::string_view input) {
  Dice dice(input);
  const uint8_t choice = dice.byte();
  const std::string text(dice.rest());
  transfer::Source source(text);
  const std::vector<transfer::Format> formats = transfer::all_formats();
  const size_t which = choice % (formats.size() + 1);
  const auto format =
      transfer::choose_format(which == formats.size() ? "auto" : formats[which].name, source);
  if (!format) return;
  const auto reader = format->make(source);
  transfer::Rules rules{choice >= 128, choice >= 64};
  rules.realm.passkeys.rp_id = "example.org";
  for (size_t count = 0;; ++count) {
    // A record takes at least one byte, so there are at most as many records as bytes.
    CHECK(count <= text.size() + 1);
    const auto record = reader->next();
    if (!record || !*record) break;
    const auto* account = std::get_if<transfer::Account>(&(*record)->what);
    if ((*record)->problem.empty() && account != nullptr) check_account(*account, rules);
  }
}

}  // namespace authd::fuzz
