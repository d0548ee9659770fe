// Text forms of bytes: base64 and base64url (RFC 4648 sections 4 and 5), base32 (section 6), hex
// (section 8). Decoders are strict: no whitespace, no foreign characters, no bits left over in the
// last character (RFC 4648 section 3.5), so that one byte string has exactly one text form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace authd {

std::string base64_encode(std::string_view bytes);                   // with padding
std::optional<std::string> base64_decode(std::string_view text);     // padding required
std::string base64url_encode(std::string_view bytes);                // without padding
std::optional<std::string> base64url_decode(std::string_view text);  // padding refused
std::string base32_encode(std::string_view bytes);                   // without padding
std::optional<std::string> base32_decode(std::string_view text);     // upper case, padding optional
std::string hex_encode(std::string_view bytes);                      // lower case
std::optional<std::string> hex_decode(std::string_view text);        // either case
// RFC 3986 section 2.1; encodes everything except unreserved characters.
std::string percent_encode(std::string_view bytes);
std::optional<std::string> percent_decode(std::string_view text);

// True if `text` is well-formed UTF-8 (no overlongs, no surrogates, no more than U+10FFFF).
bool is_valid_utf8(std::string_view text);

// The character at the front of `text`; empty if it is not well-formed.
std::string_view first_character(std::string_view text);

// True for a character that acts on the display: the C0 controls and DEL, the C1 controls (U+009B
// starts an escape sequence in a terminal), line and paragraph separator, and the controls of text
// direction, which can make a line read differently.
bool is_control(std::string_view character);

// True if `utf8`, which must be well-formed, has such a character.
bool has_control(std::string_view utf8);

// Number of code points in well-formed UTF-8.
size_t count_code_points(std::string_view utf8);

// Compares in time that depends only on the lengths. Use it for every comparison of a secret.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace authd
