#include "auth/accounts/factors/recovery_codes.h"

#include <algorithm>

#include "auth/accounts/factors/factor_change.h"
#include "auth/accounts/factors/stored_factors.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_codes.h"
#include "auth/core/server_mac.h"
#include "auth/core/ways.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "tables/mail_detail.h"
#include "tables/outbox.h"

namespace authd::auth {
namespace {

// 80 bits, in two groups that are easy to copy from paper: "K7WQ24HJ-ABCD2345".
constexpr size_t kRecoveryBytes = 10;

// As people type it: without the dash, in any case.
std::string mac_of(const Services& s, UserId user, const OneTimeSecret& code) {
  std::string plain(code_as_made(code).reveal());
  for (char& c : plain)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return server_mac(s, "recovery code", tables::big_endian(user.value) + plain);
}

// Takes the code out of the row; false if it is not in it.
bool take_code(const Services& s, tables::Factors& factors, const OneTimeSecret& code) {
  const std::string mac = mac_of(s, factors.user, code);
  auto& macs = factors.recovery_macs;
  const auto found = std::find_if(macs.begin(), macs.end(), [&](const std::string& one) {
    return equal_constant_time(one, mac);
  });
  if (found == macs.end()) return false;
  macs.erase(found);
  return true;
}

bool makes_passkeys(const tables::User& user, const tables::Factors& factors) {
  return !factors.recovery_macs.empty() &&
         factors.passkey_epoch == epoch_of(user, Way::passkey) + 1;
}

Error nothing_to_recover() {
  return Error{ErrorCode::not_found, "There is no authenticator app or passkey on this account."};
}

}  // namespace

FreshCodes make_recovery_codes(const Services& s, Time now) {
  FreshCodes made{{}, now};
  for (size_t i = 0; i < kRecoveryCodes; ++i) {
    const std::string text = base32_encode(s.random.bytes(kRecoveryBytes));
    made.texts.emplace_back(text.substr(0, 8) + "-" + text.substr(8));
  }
  return made;
}

void set_recovery_codes(const Services& s, const tables::User& user, const FreshCodes& codes,
                        tables::Factors& factors) {
  factors.recovery_macs.clear();
  for (const OneTimeSecret& text : codes.texts)
    factors.recovery_macs.push_back(mac_of(s, user.id, text));
  factors.recovery_since = codes.made_at;
  factors.passkey_epoch = epoch_of(user, Way::passkey) + 1;
}

bool give_recovery_codes(const Services& s, store::WriteTxn& tx, const tables::User& user,
                         const FreshCodes& codes) {
  tables::Factors factors = factors_of(tx, user);
  if (makes_passkeys(user, factors)) return false;
  set_recovery_codes(s, user, codes, factors);
  put_factors(tx, factors);
  return true;
}

bool lacks_recovery_codes(store::Reader& tx, const tables::User& user) {
  return user.password_hash.empty() && user.passkeys > 0 &&
         !makes_passkeys(user, factors_of(tx, user));
}

void drop_spare_codes(store::WriteTxn& tx, const tables::User& user) {
  if (has_factor(user) || user.passkeys > 0) return;
  auto factors = find_live_factors(tx, user);
  if (!factors || factors->recovery_macs.empty()) return;
  factors->recovery_macs.clear();
  put_factors(tx, *factors);
}

Result<std::vector<OneTimeSecret>> renew_recovery_codes(const Services& s, const Person& caller,
                                                        const Origin& origin) {
  const Time now = s.clock.now();
  FreshCodes codes = make_recovery_codes(s, now);
  const std::optional<tables::Mail> notice =
      make_notice(s, tables::MailKind::factors_changed, caller.user(), "recovery", origin, now);
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    if (!has_factor(user) && user.passkeys == 0) return nothing_to_recover();
    tables::Factors factors = factors_of(tx, user);
    set_recovery_codes(s, user, codes, factors);
    put_factors(tx, factors);
    note_factor_change(s, tx, user, caller.session().id, notice, origin,
                       {"recovery_codes_renewed", user.id}, now);
    return {};
  }));
  return std::move(codes.texts);
}

std::optional<Factor> prove_recovery_code(const Proving& proving, const FactorAnswer& answer) {
  const auto* typed = std::get_if<CodeAnswer>(&answer);
  if (typed == nullptr) return std::nullopt;
  tables::Factors factors = factors_of(proving.tx, proving.user);
  if (!take_code(proving.s, factors, typed->code)) return std::nullopt;
  put_factors(proving.tx, factors);
  if (proving.recovery_notice) {
    tables::Mail notice = *proving.recovery_notice;
    std::vector<tables::Sentence> told = tables::sentences_of(notice.detail);
    told.push_back({"codes_left", {{"count", std::to_string(factors.recovery_macs.size())}}});
    notice.detail = tables::detail_of(told);
    tables::insert_mail(proving.tx, notice);
  }
  return Factor::recovery_code;
}

bool use_recovery_code(const Services& s, store::WriteTxn& tx, const tables::User& user,
                       const OneTimeSecret& code) {
  tables::Factors factors = factors_of(tx, user);
  if (!makes_passkeys(user, factors) || !take_code(s, factors, code)) return false;
  put_factors(tx, factors);
  return true;
}

std::optional<tables::Mail> make_recovery_notice(const Services& s, const tables::User& user,
                                                 const Origin& origin, Time now) {
  std::vector<tables::Sentence> told = {{"recovery_code_used"}};
  const std::string from = where_from(origin);
  if (!from.empty()) told.push_back({"from", {{"address", from}}});
  return make_notice(s, tables::MailKind::factors_changed, user, tables::detail_of(told), origin,
                     now);
}

}  // namespace authd::auth
