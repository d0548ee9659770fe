// Request bodies by their media type.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "http/wire/message.h"

namespace authd::http {

// That the body is as it was written. Nothing here is unpacked: a few bytes could become gigabytes.
// Error: `unsupported` for a Content-Encoding other than "identity" (RFC 9110 section 15.5.16).
// Every reader below asks it first.
Result<void> check_no_coding(const Request& request);

// The body as a JSON object. Errors: `unsupported` unless the Content-Type is application/json
// (UTF-8), `malformed`.
Result<JsonObject> json_body(const Request& request);

// A JSON form that contains a file.
struct FormWithFile {
  JsonObject form;
  std::optional<std::string> file;  // the bytes; nullopt when the field is absent or null
};

// The body as a JSON object whose `field` is a file in base64, bare or as a data: URI (RFC 2397).
// Only that one string may be long. The rest must be as short as any other body, so that megabytes
// of hostile JSON are never parsed into a tree. Errors: those of json_body(); `invalid` with
// the field when it is not base64.
Result<FormWithFile> json_body_with_file(const Request& request, std::string_view field);

// The text of a form, or of a query, as it was sent: names and values in order. Errors: `malformed`
// for a bad escape, and for too many.
Result<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text);

// The body as application/x-www-form-urlencoded: names and values in order. Errors: `unsupported`;
// `malformed` for a bad escape, and for too many.
Result<std::vector<std::pair<std::string, std::string>>> form_pairs(const Request& request);

// The same, each name once. Further error: `malformed` for a repeated parameter.
Result<std::map<std::string, std::string>> form_body(const Request& request);

}  // namespace authd::http
