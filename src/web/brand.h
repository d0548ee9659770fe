// What stands for the service beside its name, on the pages and in mails.
#pragma once

#include <string>
#include <string_view>

namespace authd::web {

// Of the file of a logo.
inline constexpr size_t kMaxLogo = 256 << 10;  // bytes

// The media type of an image by its first bytes: PNG, JPEG, WebP or SVG; empty for anything else.
std::string_view image_type(std::string_view image);

// The first letter of the name, a Latin one as a capital: what there is without a logo.
std::string first_letter(std::string_view name);

}  // namespace authd::web
