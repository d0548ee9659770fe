#include "auth/proofs.h"

#include "auth/notices.h"
#include "auth/probe.h"
#include "auth/sealing.h"
#include "auth/setup.h"
#include "base/encoding.h"
#include "config/compat.h"
#include "crypto/digest.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kTokenBytes = 32;
constexpr size_t kMailIdBytes = 16;
constexpr size_t kSeedBytes = 16;
constexpr uint32_t kCodes = 1'000'000;
// A clock is put right by seconds now and then, which ends no link that is under way.
constexpr Milliseconds kClockSlack = std::chrono::minutes(5);

struct Form {
  tables::MailKind mail;
  Milliseconds life;
};

Form form_of(tables::Purpose purpose, std::string_view api) {
  using tables::MailKind;
  using tables::Purpose;
  switch (purpose) {
    case Purpose::verify_email: return {MailKind::verify_email, config::verify_link_life(api)};
    case Purpose::reset_password: return {MailKind::reset_password, config::reset_link_life(api)};
    case Purpose::magic_link: return {MailKind::magic_link, kMagicLinkLife};
    case Purpose::confirm_new_email: return {MailKind::confirm_new_email, kVerifyEmailLife};
    case Purpose::stop_email_change: return {MailKind::email_change_asked, kVerifyEmailLife};
    case Purpose::set_up:  // not mailed
    case Purpose::probe:
    case Purpose::nobody: break;
  }
  return {MailKind::nobody, config::reset_link_life(api)};
}

OneTimeSecret digits_of(uint64_t number) {
  const std::string digits = std::to_string(number);
  return OneTimeSecret(std::string(6 - digits.size(), '0') + digits);
}

// The longest that a token of the purpose is good, whichever API it is of.
Milliseconds longest_life(tables::Purpose purpose) {
  using tables::Purpose;
  switch (purpose) {
    case Purpose::verify_email:
    case Purpose::confirm_new_email:
    case Purpose::stop_email_change: return kVerifyEmailLife;
    case Purpose::reset_password:
    case Purpose::nobody: return kResetLife;
    case Purpose::magic_link: return kMagicLinkLife;
    case Purpose::set_up: return kSetupLife;
    case Purpose::probe: return kProbeLife;
  }
  __builtin_unreachable();
}

std::string greeting(const tables::User& user) {
  return user.first_name.empty() ? user.username : user.first_name;
}

}  // namespace

std::string server_mac(const Services& s, std::string_view purpose, std::string_view data) {
  return crypto::hmac_sha256(crypto::hmac_sha256(s.server_key.reveal(), purpose), data);
}

FreshToken make_token(const Services& s) {
  std::string text = base64url_encode(s.random.bytes(kTokenBytes));
  std::string id = crypto::sha256(text);
  return {OneTimeSecret(std::move(text)), std::move(id)};
}

std::optional<std::string> token_id(const OneTimeSecret& text) {
  constexpr size_t kTextBytes = (kTokenBytes * 8 + 5) / 6;
  if (text.reveal().size() != kTextBytes) return std::nullopt;
  return crypto::sha256(text.reveal());
}

OneTimeSecret make_code(const Services& s) {
  // 2^32 is not a multiple of a million: what is beyond the last multiple is thrown again.
  constexpr uint32_t kFair = UINT32_MAX - UINT32_MAX % kCodes;
  uint32_t number = kFair;
  while (number >= kFair) {
    number = 0;
    for (const char byte : s.random.bytes(4))
      number = number << 8 | static_cast<uint8_t>(byte);
  }
  return digits_of(number % kCodes);
}

std::string make_seed(const Services& s) {
  return s.random.bytes(kSeedBytes);
}

OneTimeSecret code_of(const Services& s, std::string_view seed) {
  // Of 64 bits: no code is more likely than another by more than one in 10^13.
  const std::string bytes = server_mac(s, "code of a seed", seed).substr(0, 8);
  return digits_of(tables::from_big_endian(bytes) % kCodes);
}

bool is_in_life(Time expires_at, Milliseconds life, Time now) {
  return now < expires_at && expires_at <= now + life + kClockSlack;
}

void MailedToken::put(const Services& s, store::WriteTxn& tx) const {
  tables::one_time_tokens.insert(tx, row);
  insert_sealed_mail(s, tx, mail);
}

MailedToken make_mailed_token(const Services& s, tables::Purpose purpose,
                              const std::optional<tables::User>& user, std::string_view email,
                              const Origin& origin, Time now) {
  const FreshToken token = make_token(s);
  // An API that has a confirmation of its own has it for the accounts that it keeps inactive until
  // then, and for no others.
  const bool is_plain = user && purpose == tables::Purpose::verify_email &&
                        (!user->awaits_email || user->email_verified);
  const std::string_view api = is_plain ? std::string_view() : std::string_view(origin.api);
  const Form form = form_of(user ? purpose : tables::Purpose::nobody, api);
  MailedToken made;
  made.row.id = token.id;
  made.row.purpose = user ? purpose : tables::Purpose::nobody;
  made.row.email = email;
  made.row.created_at = now;
  made.row.expires_at = now + form.life;
  if (user) {
    made.row.user = user->id;
    made.row.epoch = user->session_epoch;
  }
  made.mail = make_mail(s, form.mail, user.value_or(tables::User{}), user ? email : "",
                        token.text.reveal(), where_from(origin), now);
  made.mail.api = api;
  return made;
}

bool is_good(const std::optional<tables::OneTimeToken>& row, tables::Purpose purpose, Time now) {
  return row && row->purpose == purpose && is_in_life(row->expires_at, longest_life(purpose), now);
}

std::optional<tables::OneTimeToken> find_token(store::Reader& tx, const OneTimeSecret& text) {
  const std::optional<std::string> id = token_id(text);
  return id ? tables::one_time_tokens.find(tx, *id) : std::nullopt;
}

std::optional<tables::OneTimeToken> take_token(store::WriteTxn& tx, const OneTimeSecret& text,
                                               tables::Purpose purpose, Time now) {
  std::optional<tables::OneTimeToken> row = find_token(tx, text);
  if (!is_good(row, purpose, now)) return std::nullopt;
  tables::one_time_tokens.del(tx, row->id);
  return row;
}

std::optional<tables::User> owner_of(store::Reader& tx,
                                     const std::optional<tables::OneTimeToken>& token) {
  if (!token) return std::nullopt;
  std::optional<tables::User> user = tables::find_user(tx, token->user);
  if (!user || user->disabled || user->session_epoch != token->epoch) return std::nullopt;
  return user;
}

Result<void> check_resend_pause(Time last, Time now) {
  const Time next = last + kResendPause;
  // A clock that was set back must not keep the owner from it until it has caught up.
  if (next <= now || last > now + kClockSlack) return {};
  Error error{ErrorCode::rate_limited, "A mail was sent a moment ago; wait a little."};
  error.retry_after_s = static_cast<int>(std::chrono::ceil<Seconds>(next - now).count());
  return error;
}

Error bad_proof() {
  return Error{ErrorCode::unauthenticated,
               "The link or code is wrong, used or too old; ask for a new one.",
               {},
               "invalid_code"};
}

tables::Mail make_mail(const Services& s, tables::MailKind kind, const tables::User& user,
                       std::string_view to, std::string_view secret, std::string_view detail,
                       Time now) {
  tables::Mail mail;
  mail.id = s.random.bytes(kMailIdBytes);
  mail.kind = kind;
  mail.to = to;
  mail.name = greeting(user);
  if (!secret.empty()) mail.sealed = s.master_key.seal(secret, mail_context(mail), s.random);
  mail.detail = detail;
  mail.created_at = now;
  mail.due_at = now;
  return mail;
}

std::string account_name(const tables::User& user) {
  return user.username.empty() ? user.email : user.username;
}

std::string mail_context(const tables::Mail& mail) {
  return "mail/" + hex_encode(mail.id);
}

}  // namespace authd::auth
