// QR codes (ISO/IEC 18004) as SVG, made here, so that no secret goes to a third party.
#pragma once

#include <string>
#include <string_view>

namespace authd::api {

// An SVG document of dark modules on white, with the quiet zone of four modules.
std::string qr_svg(std::string_view text);

}  // namespace authd::api
