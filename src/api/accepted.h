// What a request may say: the query parameters and the members of the JSON body that the operation
// documents (openapi_sources.h reads them). Anything else is refused by its name, since a misspelt
// member that is ignored is a request that was accepted and does nothing. The document is the only
// list, so it cannot fall behind the code.
//
// Routes whose row says `ignores_unknown` take anything: the replaced APIs, whose clients keep
// working unchanged, and requests that others compose (RFC 6749 sections 3.2 and 4.1.2 require
// that unrecognised parameters are ignored).
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "http/message.h"

namespace authd::api {

// Of one operation.
struct Accepted {
  std::vector<std::string> query;
  std::vector<std::string> members;  // of the JSON body
};

// Errors: `invalid` with the name of the first unknown parameter as the field; also for a
// parameter that is given twice, of which only one could count.
Result<void> check_query(const Accepted& accepted, const http::Request& request);
// Errors: `invalid` with the name of the first unknown member as the field.
Result<void> check_members(const Accepted& accepted, const JsonObject& form);

}  // namespace authd::api
