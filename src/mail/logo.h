// The logo of the service as mails carry it: inside the mail, so that no mail program asks a server
// for it, which would tell the server who reads what, and when.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "mail/message.h"

namespace authd::mail {

// Of the file: every mail carries it, a third larger by its encoding.
inline constexpr size_t kMaxLogo = 64 << 10;  // bytes

// The picture of branding.logo_file, if mail programs show it (PNG and JPEG; many leave out SVG and
// WebP) and it has at most kMaxLogo bytes; else none, and mails show the first letter of the name.
// Error: the file cannot be read, or is larger than the pages take.
Result<Picture> read_logo(const config::Branding& branding);

}  // namespace authd::mail
