// Mails to users: created before the transaction that they describe, which puts them into the
// outbox.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// The minimum time between two mails that strangers can cause to one address.
inline constexpr Milliseconds kResendPause = std::chrono::seconds(60);

// A mail, to be inserted by the transaction that it describes. `secret` may be empty. It is in the
// user's language, else in that of the request, unless somebody else made the request: what an
// administrator speaks says nothing about the person.
tables::Mail make_mail(const Services& s, tables::MailKind kind, const tables::User& user,
                       std::string_view to, std::string_view secret, std::string_view detail,
                       const Origin& origin, Time now);
// Addresses a mail that was made before its recipient was known, in the recipient's language if
// that is known.
void address_mail(tables::Mail& mail, const tables::User& user);
// The name of an account for people who should recognise it: its username, otherwise its email.
std::string account_name(const tables::User& user);
// The context with which the secret of a mail is sealed.
std::string mail_context(const tables::Mail& mail);

// The client's address as text, for the details of a mail; empty when there is none.
std::string where_from(const Origin& origin);

// A notice to the user's address; nullopt when the user has no address.
std::optional<tables::Mail> make_notice(const Services& s, tables::MailKind kind,
                                        const tables::User& user, std::string_view detail,
                                        const Origin& origin, Time now);

// The same for a change that the owner can make again and again, such as a new API key: nullopt as
// well if the owner makes it and the address is not confirmed, because whoever signs up with the
// address of somebody else must not be able to flood that mailbox.
std::optional<tables::Mail> make_repeatable_notice(const Services& s, tables::MailKind kind,
                                                   const tables::User& user,
                                                   std::string_view detail, const Origin& origin,
                                                   Time now);

// Inserts a mail (tables/outbox.h) whose token was sealed before this transaction.
void insert_sealed_mail(const Services& s, store::WriteTxn& tx, tables::Mail mail);

// Error: `rate_limited` when `last` is less than kResendPause before `now`. A time in the future is
// ignored.
Result<void> check_resend_pause(Time last, Time now);

}  // namespace authd::auth
