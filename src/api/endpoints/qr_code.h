// QR codes (ISO/IEC 18004) as SVG, generated here so that no secret reaches a third party.
#pragma once

#include <string>
#include <string_view>

namespace authd::api {

// An SVG document: dark modules on white, with a quiet zone of four modules.
std::string qr_svg(std::string_view text);

}  // namespace authd::api
