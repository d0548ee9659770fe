#include "tables/outbox.h"

namespace authd::tables {
std::optional<Mail> find_mail(store::Reader& tx, std::string_view id) {
  return outbox.find(tx, id);
}

void insert_mail(store::WriteTxn& tx, const Mail& mail) {
  outbox.insert(tx, mail);
}

void update_mail(store::WriteTxn& tx, const Mail& before, const Mail& after) {
  outbox.update(tx, before, after);
}

void delete_mail(store::WriteTxn& tx, const Mail& mail) {
  outbox.remove(tx, mail);
}

std::vector<Mail> due_mails(store::ReadTxn& tx, Time now, Milliseconds longest, size_t limit) {
  std::vector<Mail> due;
  if (limit == 0) return due;
  const auto take = [&](std::string_view key, const Mark&) {
    if (std::optional<Mail> mail = find_mail(tx, after_number(key))) {
      due.push_back(std::move(*mail));
    }
    return due.size() < limit;
  };
  mail_due.scan(tx, "", big_endian(now + Milliseconds(1)), take);
  if (due.size() < limit) mail_due.scan(tx, big_endian(now + longest), "", take);
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
