#include "tables/users.h"

#include "base/check.h"

namespace authd::tables {
namespace {

std::optional<User> find_by(store::Reader& tx, const Table<Reference>& index,
                            std::string_view name) {
  if (name.empty() || name.size() >= store::kMaxKeyBytes) return std::nullopt;
  const std::optional<Reference> entry = index.find(tx, fold(name));
  if (!entry) return std::nullopt;
  std::optional<User> user = find_user(tx, UserId{entry->id});
  if (!user) {
    throw store::Fault(store::FaultKind::corrupt,
                       std::string("an entry of ") + index.name() + " names a user that is gone");
  }
  return user;
}

void move_entry(store::WriteTxn& tx, const Table<Reference>& index, std::string_view old_name,
                std::string_view new_name, UserId id) {
  const std::string from = fold(old_name);
  const std::string to = fold(new_name);
  if (from == to) return;
  if (!from.empty()) index.del(tx, from);
  if (to.empty()) return;
  CHECK(!index.find(tx, to));
  index.put(tx, to, Reference{id.value, {}});
}

}  // namespace

std::string fold(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

std::optional<User> find_user(store::Reader& tx, UserId id) {
  return users.find(tx, big_endian(id.value));
}

std::optional<User> find_user_by_username(store::Reader& tx, std::string_view username) {
  return find_by(tx, usernames, username);
}

std::optional<User> find_user_by_email(store::Reader& tx, std::string_view email) {
  return find_by(tx, emails, email);
}

void put_user(store::WriteTxn& tx, const User& user) {
  CHECK(user.id.value != 0);
  const User before = find_user(tx, user.id).value_or(User{});
  move_entry(tx, usernames, before.username, user.username, user.id);
  move_entry(tx, emails, before.email, user.email, user.id);
  users.put(tx, big_endian(user.id.value), user);
}

void delete_user(store::WriteTxn& tx, const User& user) {
  const User before = find_user(tx, user.id).value_or(User{});
  move_entry(tx, usernames, before.username, "", user.id);
  move_entry(tx, emails, before.email, "", user.id);
  users.del(tx, big_endian(user.id.value));
}

}  // namespace authd::tables
