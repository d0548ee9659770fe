// What a request may contain: the query parameters and JSON members that the document lists for its
// operation (openapi_sources.h reads them). Anything else is refused by name, because an ignored
// misspelt member would make a request succeed without effect. The document is the only list, so it
// cannot fall behind the code.
//
// Routes with `ignores_unknown` accept anything: those of the replaced APIs, whose clients must
// keep working unchanged, and those whose requests others compose (RFC 6749 sections 3.2 and 4.1.2
// require that unrecognised parameters are ignored).
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "http/wire/message.h"

namespace authd::api {

// For one operation.
struct Accepted {
  std::vector<std::string> query;
  std::vector<std::string> members;  // of the JSON body
};

// Errors: `invalid`, with the first unknown parameter as the field; also for a repeated parameter,
// because only one of its values could be used.
Result<void> check_query(const Accepted& accepted, const http::Request& request);
// Errors: `invalid`, with the first unknown member as the field.
Result<void> check_members(const Accepted& accepted, const JsonObject& form);

}  // namespace authd::api
