// Users with their three unique indexes. Row and indexes are written by one function, so that they
// cannot part.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

// The form in which names are compared: ASCII letters in lower case. Usernames are ASCII; of an
// email address only ASCII letters are folded, the rest is kept as it is.
std::string fold(std::string_view name);

std::optional<User> find_user(store::Reader& tx, UserId id);
std::optional<User> find_user_by_username(store::Reader& tx, std::string_view username);
std::optional<User> find_user_by_email(store::Reader& tx, std::string_view email);
std::optional<User> find_user_by_phone(store::Reader& tx, std::string_view number);

// What a phone number is indexed by: itself, when it is as auth::parse_phone_number() makes it,
// else nothing. (Numbers in another form are from before there was the index; they are in the way
// of nobody.)
std::string phone_key(std::string_view number);

// Inserts or replaces the user and moves the index entries. The caller has made sure that names and
// number are free (find_user_by_…): one that belongs to another user is a bug.
void put_user(store::WriteTxn& tx, const User& user);

// Removes the user, the index entries and the avatar. The sessions end with it and are swept when
// they expire.
void delete_user(store::WriteTxn& tx, const User& user);

}  // namespace authd::tables
