// The names by which people are known, checked at the edge. All return the text as it is to be
// stored; comparison ignores the case of ASCII letters (tables::fold).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace authd::auth {

// 1 to 64 of the letters a-z A-Z, digits and . _ - +, not beginning or ending with '.'. ASCII only,
// so that no two names look alike (UTS 39 confusables), and without '@', so that a username is
// never mistaken for somebody's email address. Error: `invalid`, field "username".
Result<std::string> parse_username(std::string_view text);

// An addr-spec (RFC 5321 section 4.1.2, RFC 6531 for UTF-8), without quoted local parts, comments
// and address literals: at most 254 bytes, local part at most 64, a domain of at least two labels.
// Error: `invalid`, field "email".
Result<std::string> parse_email(std::string_view text);

// A person's name: at most 100 code points, no control characters; may be empty.
Result<std::string> parse_person_name(std::string_view text, std::string_view field);

// An international number as E.164 has it: '+', then 8 to 15 digits, the first not 0. Spaces, dots,
// dashes and parentheses are taken out; may be empty. Without the '+' nobody knows whose country is
// meant, and "(0)" is dialled inside of a country only: both are refused. Error: `invalid`, field
// "phone_number".
Result<std::string> parse_phone_number(std::string_view text);

}  // namespace authd::auth
