// The forms in which the names of users are indexed and compared.
#pragma once

#include <string>
#include <string_view>

namespace authd::tables {

// ASCII letters in lower case. Usernames are ASCII; of an email address only ASCII letters are
// folded, the rest is kept as it is.
std::string fold(std::string_view name);

// A phone number as it is, when it is as auth::parse_phone_number() makes it (E.164), else nothing.
// (Numbers in another form are from before there was the index; they are in nobody's way.)
std::string phone_key(std::string_view number);

// As it is.
inline std::string as_it_is(std::string_view name) {
  return std::string(name);
}

}  // namespace authd::tables
