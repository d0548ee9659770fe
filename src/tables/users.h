// Finds users by name, email, number or role.
#pragma once

#include "base/function_ref.h"
#include "tables/schema.h"

namespace authd::tables {

std::optional<User> find_user(store::Reader& tx, UserId id);
std::optional<UserId> id_of(const std::optional<User>& user);
std::optional<User> find_user_by_username(store::Reader& tx, std::string_view username);
// With either form of an internationalised domain.
std::optional<User> find_user_by_email(store::Reader& tx, std::string_view email);
std::optional<User> find_user_by_phone(store::Reader& tx, std::string_view number);
std::optional<User> find_user_by_subject(store::Reader& tx, std::string_view subject);

// The writes of put_user() for a user who exists and keeps names, number and roles: the row and, if
// a search would see the difference, what the search reads (people.h).
inline constexpr size_t kKeptNamesWrites = 2;

// Inserts or replaces the user with their index entries (at most users.kPutWrites writes). The
// caller has made sure that names and number are free (find_user_by_…); one that belongs to another
// user is a bug.
void put_user(store::WriteTxn& tx, const User& user);

// Calls `visit` for the users who have the role and an id above `after`, in the order of their ids,
// until it returns false.
void scan_members(store::ReadTxn& tx, RoleId role, UserId after,
                  FunctionRef<bool(const User&)> visit);

}  // namespace authd::tables
