#include "auth/core/one_time_tokens.h"

#include "auth/core/lifetime.h"
#include "auth/core/mails.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "config/client_profile.h"
#include "crypto/digest.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr size_t kTokenBytes = 32;
struct Form {
  tables::MailKind mail;
  Milliseconds life;
};

Form form_of(tables::Purpose purpose, std::string_view client) {
  using tables::MailKind;
  using tables::Purpose;
  switch (purpose) {
    case Purpose::verify_email:
      return {MailKind::verify_email, config::profile_of(client).verify_link_life};
    case Purpose::reset_password:
      return {MailKind::reset_password, config::profile_of(client).reset_link_life};
    case Purpose::magic_link: return {MailKind::magic_link, kMagicLinkLife};
    case Purpose::confirm_new_email: return {MailKind::confirm_new_email, kVerifyEmailLife};
    case Purpose::stop_email_change: return {MailKind::email_change_asked, kVerifyEmailLife};
    case Purpose::set_up:  // not mailed
    case Purpose::enroll_passkey:
    case Purpose::probe:
    case Purpose::nobody: break;
  }
  return {MailKind::nobody, config::profile_of(client).reset_link_life};
}

// The longest lifetime of a token with this purpose, in any API.
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
    case Purpose::probe: return kDoctorTokenLife;
    case Purpose::enroll_passkey: return kLongestEnrollLink;
  }
  __builtin_unreachable();
}

}  // namespace

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

void MailedToken::put(const Services& s, store::WriteTxn& tx) const {
  tables::one_time_tokens.insert(tx, row);
  insert_sealed_mail(s, tx, mail);
}

MailedToken make_mailed_token(const Services& s, tables::Purpose purpose,
                              const std::optional<tables::User>& user, std::string_view email,
                              const Origin& origin, Time now) {
  const FreshToken token = make_token(s);
  // An API with a confirmation link of its own uses it only for accounts that it keeps inactive
  // until they are confirmed.
  const bool is_plain = user && purpose == tables::Purpose::verify_email &&
                        (!user->awaits_email || user->email_verified);
  const std::string_view client = is_plain ? std::string_view() : std::string_view(origin.client);
  const Form form = form_of(user ? purpose : tables::Purpose::nobody, client);
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
                        token.text.reveal(), where_from(origin), origin, now);
  made.mail.client = client;
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

Error wrong_link_or_code() {
  return refused(ErrorCode::unauthenticated, "invalid_code",
                 "The link or code is wrong, used or too old; ask for a new one.");
}

}  // namespace authd::auth
