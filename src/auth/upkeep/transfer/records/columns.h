// Accounts from tables of text: what each column means and how its text is read. CSV files and SQL
// dumps share this.
#pragma once

#include <string_view>

#include "auth/upkeep/transfer/records/record.h"

namespace authd::auth::transfer {

// One of the list, or "attributes.NAME".
bool is_known_column(std::string_view name);

// The name as the columns have it: "E-Mail", "firstName" and "First Name" in small letters, with
// underscores.
std::string column_name(std::string_view written);

// Notes a column (or field) without a meaning here: as a loss if its name says that it is about
// passwords or second factors.
void note_unknown(Account& account, std::string_view what, std::string_view name);

// Reads the cell of a column into the account; an unknown column or an empty cell changes nothing.
// False when the text does not have the column's type.
bool set_column(Account& account, std::string_view name, std::string_view text);

// true/false, t/f, yes/no, on/off, 1/0, and the bytes 1 and 0 of MySQL's BIT(1).
std::optional<bool> parse_flag(std::string_view text);

// RFC 3339, its SQL variants ("2026-11-21 04:20:00.123+00"; UTC when there is no offset), a date,
// or a number of seconds or milliseconds since 1970.
std::optional<Time> parse_time(std::string_view text);

// "Ann Mary Miller" as first and last name.
void set_full_name(Account& account, std::string_view name);

// Other systems accept an email as the username; here it becomes the account's email.
void settle_names(Account& account);

}  // namespace authd::auth::transfer
