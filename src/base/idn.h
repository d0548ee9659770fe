// Internationalised domain names (RFC 5890 to 5892): a domain has two forms, as people read it
// ("bücher.example") and as DNS and mail servers take it ("xn--bcher-kva.example"). Letters are
// lowered (Latin, Greek, Cyrillic); nothing else is mapped or normalised, and no code point is
// refused for its looks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace authd {

// The form in ASCII, each label encoded with Punycode (RFC 3492). nullopt: not UTF-8, or a label
// would be longer than 63 bytes.
std::optional<std::string> domain_to_ascii(std::string_view domain);

// The form for people; a label that decodes to nothing sensible stays as it is.
std::string domain_to_unicode(std::string_view domain);

// The address with its domain in ASCII, as mail servers take it. An address without a domain, or
// whose domain has no such form, stays as it is.
std::string address_to_ascii(std::string_view address);

// The same address with its domain in the other form; nullopt if there is only one.
std::optional<std::string> other_form_of_address(std::string_view address);

}  // namespace authd
