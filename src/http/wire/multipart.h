// multipart/form-data (RFC 7578), parsed strictly: every part is closed, with nothing in between.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/wire/message.h"

namespace authd::http {

// True when the Content-Type says multipart/form-data.
bool is_multipart(const Request& request);

// The content of the one file of the form: the one part with a filename, whatever its field is
// called; other fields are skipped. A view into the body. The file's name and type as stated by the
// client are ignored. Errors: `malformed`; `invalid` if there is no file or more than one.
Result<std::string_view> multipart_file(const Request& request);

}  // namespace authd::http
