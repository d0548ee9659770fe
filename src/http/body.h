// Request bodies by their media type.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "http/message.h"

namespace authd::http {

// The body as a JSON object. Errors: `unsupported` unless the Content-Type is application/json
// (UTF-8), `malformed`.
Result<JsonObject> json_body(const Request& request);

// The body as application/x-www-form-urlencoded, as OAuth's endpoints take it. Errors:
// `unsupported`; `malformed` for a bad escape and for a parameter that is there twice (RFC 6749
// section 3.2).
Result<std::map<std::string, std::string>> form_body(const Request& request);

}  // namespace authd::http
