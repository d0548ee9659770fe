// The outbox as its operator sees it: what waits and what was given up, and the two things that can
// be done about it.
#pragma once

#include "tables/outbox.h"

namespace authd::tables {

// "verify_email", … ; "unknown" for a kind of a newer release.
std::string_view mail_kind_name(MailKind kind);

// All mails, or only the dead ones, oldest first; at most `limit`.
Result<std::vector<Mail>> list_mails(store::Store& store, bool only_dead, size_t limit);

// Makes a mail due now, and alive with no attempts counted when it was dead. False: there is none.
Result<bool> retry_mail(store::Store& store, std::string_view id, Time now);

// Removes a mail unsent; with `only_dead` it stays if it was revived. False: there was none to
// remove.
Result<bool> purge_mail(store::Store& store, std::string_view id, bool only_dead);

struct OutboxSize {
  uint64_t waiting = 0;
  uint64_t dead = 0;
  std::optional<Time> oldest;  // when the oldest that waits was written
};

Result<OutboxSize> outbox_size(store::Store& store);

}  // namespace authd::tables
