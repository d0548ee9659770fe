#include "tables/users.h"

#include "base/check.h"
#include "base/idn.h"

namespace authd::tables {

std::optional<UserId> id_of(const std::optional<User>& user) {
  return user ? std::optional(user->id) : std::nullopt;
}

std::optional<User> find_user(store::Reader& tx, UserId id) {
  return users.find(tx, big_endian(id.value));
}

std::optional<User> find_user_by_username(store::Reader& tx, std::string_view username) {
  return users.find_by<usernames>(tx, username);
}

std::optional<User> find_user_by_email(store::Reader& tx, std::string_view email) {
  std::optional<User> user = users.find_by<emails>(tx, email);
  if (user) return user;
  // An internationalised domain has two forms, and both are one mailbox.
  const std::optional<std::string> other = other_form_of_address(email);
  return other ? users.find_by<emails>(tx, *other) : std::nullopt;
}

std::optional<User> find_user_by_phone(store::Reader& tx, std::string_view number) {
  return users.find_by<phones>(tx, number);
}

std::optional<User> find_user_by_subject(store::Reader& tx, std::string_view subject) {
  return users.find_by<subjects>(tx, subject);
}

void put_user(store::WriteTxn& tx, const User& user) {
  CHECK(user.id.value != 0);
  users.put(tx, user);
}

void scan_members(store::ReadTxn& tx, RoleId role, UserId after,
                  FunctionRef<bool(const User&)> visit) {
  const std::string prefix = big_endian(role.value);
  role_members.scan(tx, prefix + big_endian(after.value + 1), end_of_prefix(prefix),
                    [&](std::string_view key, const Mark&) {
                      const std::optional<User> user = users.find(tx, after_number(key));
                      return !user || visit(*user);
                    });
}

}  // namespace authd::tables
