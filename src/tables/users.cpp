#include "tables/users.h"

#include <algorithm>

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

// An entry is moved by whom it names: the number of a row from before there was the index may have
// got another owner since.
void move_phone(store::WriteTxn& tx, const User& before, const User& after) {
  const std::string from = phone_key(before.phone_number);
  const std::string to = phone_key(after.phone_number);
  const auto owner_of = [&](const std::string& key) -> uint64_t {
    const std::optional<Reference> entry = phones.find(tx, key);
    return entry ? entry->id : 0;
  };
  const bool is_mine = !from.empty() && owner_of(from) == after.id.value;
  if (from == to) {
    if (is_mine || to.empty() || owner_of(to) != 0) return;
  } else {
    if (is_mine) phones.del(tx, from);
    if (to.empty()) return;
    CHECK(owner_of(to) == 0);
  }
  phones.put(tx, to, Reference{after.id.value, {}});
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

std::optional<User> find_user_by_phone(store::Reader& tx, std::string_view number) {
  return find_by(tx, phones, phone_key(number));
}

std::string phone_key(std::string_view number) {
  constexpr size_t kMin = 8;  // digits
  constexpr size_t kMax = 15;
  const std::string_view digits = number.substr(std::min<size_t>(1, number.size()));
  const bool has_form =
      number.starts_with('+') && digits.size() >= kMin && digits.size() <= kMax &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return has_form ? std::string(number) : "";
}

void put_user(store::WriteTxn& tx, const User& user) {
  CHECK(user.id.value != 0);
  const User before = find_user(tx, user.id).value_or(User{});
  move_entry(tx, usernames, before.username, user.username, user.id);
  move_entry(tx, emails, before.email, user.email, user.id);
  move_phone(tx, before, user);
  users.put(tx, big_endian(user.id.value), user);
}

void delete_user(store::WriteTxn& tx, const User& user) {
  const User before = find_user(tx, user.id).value_or(User{});
  move_entry(tx, usernames, before.username, "", user.id);
  move_entry(tx, emails, before.email, "", user.id);
  User without = before;
  without.id = user.id;
  without.phone_number.clear();
  move_phone(tx, before, without);
  avatars.del(tx, big_endian(user.id.value));
  users.del(tx, big_endian(user.id.value));
}

}  // namespace authd::tables
