// The outbox for operators: mails that wait, mails that were given up, and the two things to do
// about them.
#pragma once

#include "tables/outbox.h"

namespace authd::tables {

// "verify_email", … ; "unknown" for a kind from a newer release.
std::string_view mail_kind_name(MailKind kind);

// All mails, or only the dead ones, oldest first; at most `limit`.
Result<std::vector<Mail>> list_mails(store::Store& store, bool only_dead, size_t limit);

// Makes a mail due now; a dead one is revived with no attempts counted. False: there is no such
// mail.
Result<bool> retry_mail(store::Store& store, std::string_view id, Time now);

// Removes a mail unsent; with `only_dead`, one that was revived stays. False: there was nothing to
// remove.
Result<bool> purge_mail(store::Store& store, std::string_view id, bool only_dead);

struct OutboxSize {
  uint64_t waiting = 0;
  uint64_t dead = 0;
  std::optional<Time> oldest;  // when the oldest waiting mail was written
};

Result<OutboxSize> outbox_size(store::Store& store);

}  // namespace authd::tables
