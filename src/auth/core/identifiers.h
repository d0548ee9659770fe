// The names that identify people, validated on input. All functions return the text to store;
// comparisons ignore the case of ASCII letters (tables::fold).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace authd::auth {

// 1 to 64 of the letters a-z A-Z, digits and . _ - +, not beginning or ending with '.', and not
// beginning with '-', which a command would take for an option. ASCII only,
// so that no two names look alike (UTS 39 confusables), and without '@', so that a username is
// never mistaken for somebody's email address. Error: `invalid`, field "username".
Result<std::string> parse_username(std::string_view text);

// An addr-spec (RFC 5321 section 4.1.2, RFC 6531 for UTF-8), without quoted local parts, comments
// and address literals: at most 254 bytes, a local part of at most 64, a domain of at least two
// labels. The letters of an internationalised domain become small ones. Error: `invalid`, field
// "email".
Result<std::string> parse_email(std::string_view text);

// A username or email as somebody types it, for keys of what is counted: the same for every
// spelling of one address, and for names that nobody has.
std::string folded_login(std::string_view typed);

// A person's name: at most 100 code points, no control characters; may be empty.
Result<std::string> parse_person_name(std::string_view text, std::string_view field);

// An international number in E.164 form: '+', then 8 to 15 digits, the first not 0. Spaces, dots,
// dashes and parentheses are removed; may be empty. Two forms are refused: a number without '+',
// because its country is unknown, and one with "(0)", which is dialled only inside the country.
// Error: `invalid`, field "phone_number".
Result<std::string> parse_phone_number(std::string_view text);

}  // namespace authd::auth
