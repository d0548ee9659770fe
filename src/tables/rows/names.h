// The forms in which the names of users are indexed and compared.
#pragma once

#include <string>
#include <string_view>

namespace authd::tables {

// ASCII letters in lower case. Usernames are ASCII; in an email address only ASCII letters are
// folded, and the rest is unchanged.
std::string fold(std::string_view name);

// A phone number unchanged, if it has the form that auth::parse_phone_number() returns (E.164);
// otherwise nothing. (Numbers in another form are older than the index; they block nobody.)
std::string phone_key(std::string_view number);

// Unchanged.
inline std::string as_it_is(std::string_view name) {
  return std::string(name);
}

}  // namespace authd::tables
