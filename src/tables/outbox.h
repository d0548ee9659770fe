// Mails that wait for their delivery, and when each is due. A dead mail is not due.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

std::optional<Mail> find_mail(store::Reader& tx, std::string_view id);

// Inserts a mail that is new (outbox.kInsertWrites writes).
void insert_mail(store::WriteTxn& tx, const Mail& mail);

// Replaces the row that was read as `before` (at most outbox.kUpdateWrites writes).
void update_mail(store::WriteTxn& tx, const Mail& before, const Mail& after);

// Removes the mail (outbox.kDelWrites writes).
void delete_mail(store::WriteTxn& tx, const Mail& mail);

// Mails whose time has come, earliest first, at most `limit`; behind them those that are due more
// than `longest` from now, which is later than anybody puts a mail off: the clock was ahead then.
std::vector<Mail> due_mails(store::ReadTxn& tx, Time now, Milliseconds longest, size_t limit);

// When the next mail is due; nullopt when none waits.
std::optional<Time> next_mail_due(store::ReadTxn& tx);

}  // namespace authd::tables
