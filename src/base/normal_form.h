// The normal form NFKC of text (Unicode Standard Annex 15). The same text can be sent in several
// ways: "é" as one character or as two, a digit in its full width. Keyboards and systems differ in
// that, and nobody sees it.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace authd {

// `utf8` must be well-formed. Plain ASCII is returned as it is.
std::string normal_form(std::string_view utf8);

// The password as it is hashed and compared. What is not UTF-8 is nobody's password, and stays as
// it is.
Password normal_password(const Password& password);

// For a search: two texts that a person would type for one another have the same form. It has small
// letters without accents ("Łukasz Müßig" is "lukasz mussig"), and no compatibility characters. It
// is for comparing only: different names share it. Text that is not well-formed has some form.
std::string search_form(std::string_view utf8);

}  // namespace authd
