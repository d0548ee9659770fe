#include "tables/outbox.h"

namespace authd::tables {
namespace {

constexpr size_t kTimeBytes = 8;

std::string due_key(Time when, std::string_view id) {
  std::string key = big_endian(static_cast<uint64_t>(when.time_since_epoch().count()));
  key += id;
  return key;
}

}  // namespace

std::optional<Mail> find_mail(store::Reader& tx, std::string_view id) {
  return outbox.find(tx, id);
}

void insert_mail(store::WriteTxn& tx, const Mail& mail) {
  outbox.put(tx, mail.id, mail);
  if (!mail.dead) mail_due.put(tx, due_key(mail.due_at, mail.id), Mark{});
}

void update_mail(store::WriteTxn& tx, const Mail& before, const Mail& after) {
  if (!before.dead) mail_due.del(tx, due_key(before.due_at, before.id));
  insert_mail(tx, after);
}

void delete_mail(store::WriteTxn& tx, const Mail& mail) {
  outbox.del(tx, mail.id);
  if (!mail.dead) mail_due.del(tx, due_key(mail.due_at, mail.id));
}

std::vector<Mail> due_mails(store::ReadTxn& tx, Time now, Milliseconds longest, size_t limit) {
  std::vector<Mail> due;
  if (limit == 0) return due;
  const auto take = [&](std::string_view key, const Mark&) {
    if (std::optional<Mail> mail = find_mail(tx, key.substr(kTimeBytes))) {
      due.push_back(std::move(*mail));
    }
    return due.size() < limit;
  };
  mail_due.scan(tx, "", due_key(now + Milliseconds(1), ""), take);
  if (due.size() < limit) mail_due.scan(tx, due_key(now + longest, ""), "", take);
  return due;
}

std::optional<Time> next_mail_due(store::ReadTxn& tx) {
  std::optional<Time> next;
  mail_due.scan(tx, "", "", [&](std::string_view key, const Mark&) {
    next = Time(Milliseconds(static_cast<int64_t>(from_big_endian(key))));
    return false;
  });
  return next;
}

}  // namespace authd::tables
