// Mails that wait for delivery, and when each is due. A dead mail is not due.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

std::optional<Mail> find_mail(store::Reader& tx, std::string_view id);

// Inserts a new mail (outbox.kInsertWrites writes).
void insert_mail(store::WriteTxn& tx, const Mail& mail);

// Replaces the row that was read as `before` (at most outbox.kUpdateWrites writes).
void update_mail(store::WriteTxn& tx, const Mail& before, const Mail& after);

// Removes the mail (outbox.kDelWrites writes).
void delete_mail(store::WriteTxn& tx, const Mail& mail);

// Mails that are due, earliest first, at most `limit`; after them those due more than `longest`
// from now, further than any mail is ever postponed: the clock was ahead when they were written.
std::vector<Mail> due_mails(store::ReadTxn& tx, Time now, Milliseconds longest, size_t limit);

// When the next mail is due; nullopt if none waits.
std::optional<Time> next_mail_due(store::ReadTxn& tx);

}  // namespace authd::tables
