// Mails to users: written before the transaction that they tell of, and put into the outbox by it.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Between two mails that a stranger may cause to one address.
inline constexpr Milliseconds kResendPause = std::chrono::seconds(60);

// A mail to be put by the transaction that it tells of. `secret` may be empty.
tables::Mail make_mail(const Services& s, tables::MailKind kind, const tables::User& user,
                       std::string_view to, std::string_view secret, std::string_view detail,
                       Time now);
// What an account is called before whoever is to recognize it: its username, else its email.
std::string account_name(const tables::User& user);
// The context that the secret of a mail is sealed for.
std::string mail_context(const tables::Mail& mail);

// The client's address as text, for the detail of a mail; empty when there is none.
std::string where_from(const Origin& origin);

// A notice to the user's address; nullopt when there is none.
std::optional<tables::Mail> make_notice(const Services& s, tables::MailKind kind,
                                        const tables::User& user, std::string_view detail,
                                        Time now);

// Inserts a mail (tables/outbox.h) whose token was sealed before this transaction.
void insert_sealed_mail(const Services& s, store::WriteTxn& tx, tables::Mail mail);

// Error: `rate_limited` when `last` is not kResendPause before `now`; one of the future is none.
Result<void> check_resend_pause(Time last, Time now);

}  // namespace authd::auth
