#include "auth/core/mails.h"

#include "auth/core/lifetime.h"
#include "auth/core/sealing.h"
#include "base/encoding.h"
#include "tables/outbox.h"

namespace authd::auth {

namespace {

constexpr size_t kMailIdBytes = 16;

std::string greeting(const tables::User& user) {
  return user.first_name.empty() ? user.username : user.first_name;
}

}  // namespace

tables::Mail make_mail(const Services& s, tables::MailKind kind, const tables::User& user,
                       std::string_view to, std::string_view secret, std::string_view detail,
                       const Origin& origin, Time now) {
  tables::Mail mail;
  mail.id = s.random.bytes(kMailIdBytes);
  mail.kind = kind;
  mail.to = to;
  mail.name = greeting(user);
  if (!secret.empty()) mail.sealed = s.master_key.seal(secret, mail_context(mail), s.random);
  mail.detail = detail;
  mail.created_at = now;
  mail.due_at = now;
  const bool is_own_request = !origin.actor || origin.actor == user.id;
  mail.locale = user.locale;
  if (mail.locale.empty() && is_own_request) mail.locale = origin.language;
  return mail;
}

void address_mail(tables::Mail& mail, const tables::User& user) {
  mail.to = user.email;
  mail.name = greeting(user);
  if (!user.locale.empty()) mail.locale = user.locale;
}

std::string account_name(const tables::User& user) {
  return user.username.empty() ? user.email : user.username;
}

std::string mail_context(const tables::Mail& mail) {
  return "mail/" + hex_encode(mail.id);
}

std::string where_from(const Origin& origin) {
  return origin.address == IpAddress{} ? "" : origin.address.to_string();
}

std::optional<tables::Mail> make_notice(const Services& s, tables::MailKind kind,
                                        const tables::User& user, std::string_view detail,
                                        const Origin& origin, Time now) {
  if (user.email.empty()) return std::nullopt;
  return make_mail(s, kind, user, user.email, "", detail, origin, now);
}

std::optional<tables::Mail> make_repeatable_notice(const Services& s, tables::MailKind kind,
                                                   const tables::User& user,
                                                   std::string_view detail, const Origin& origin,
                                                   Time now) {
  const bool is_by_owner = origin.actor == user.id;
  if (is_by_owner && !user.email_verified) return std::nullopt;
  return make_notice(s, kind, user, detail, origin, now);
}

void insert_sealed_mail(const Services& s, store::WriteTxn& tx, tables::Mail mail) {
  mail.sealed = sealed_now(s, tx, std::move(mail.sealed), mail_context(mail));
  tables::insert_mail(tx, mail);
}

Result<void> check_resend_pause(Time last, Time now) {
  const Time next = last + kResendPause;
  // After the clock was set back, the owner must not have to wait until it catches up.
  if (next <= now || last > now + kClockSlack) return {};
  Error error{ErrorCode::rate_limited, "A mail was sent a moment ago; wait a little."};
  error.retry_after_s = static_cast<int>(std::chrono::ceil<Seconds>(next - now).count());
  return error;
}

}  // namespace authd::auth
