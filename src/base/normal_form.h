// The normal form NFKC of text (Unicode Standard Annex 15). The same text can be sent in several
// ways: "é" as one character or as two, a digit in its full width. Keyboards and systems differ in
// that, and nobody sees it.
#pragma once

#include <string>
#include <string_view>

namespace authd {

// `utf8` must be well-formed. Plain ASCII is returned as it is.
std::string normal_form(std::string_view utf8);

}  // namespace authd
