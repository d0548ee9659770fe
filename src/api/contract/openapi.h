// The OpenAPI 3.1 document of the API, served at /openapi.json. It is built from two sources, so it
// cannot describe routes that do not exist:
//
//   the route table (routes.cpp)   the routes, who may call them, and the refusals that follow from
//                                  guard, limit, lane and kind of body
//   src/api/openapi/*.json         what a table cannot hold: texts, parameters, schemas, examples,
//                                  and the refusals of each operation
//
// These files are OpenAPI. The "paths" and "components" of all files are merged; document.json has
// the tags in their order, and introduction.txt the text at the top. In addition, an operation has
// "x-errors": ["409 email_taken", …]. Each of these is in errors.json with its message, and the
// responses are built from them; a route of a replaced API uses that API's error format. An
// operation has "security" only if its guard is none and it accepts a credential.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "api/core/context.h"
#include "web/asset.h"

namespace authd::api {

// The document of these routes. A route without an entry in the files would be left out; the unit
// test openapi_test.cpp makes sure that every route has one.
std::string openapi_document(std::span<const Route> routes, std::string_view public_url);

// "GET /api/v1/users/{id}" for each operation in the files.
std::vector<std::string> documented_operations();
// A route in the same form.
std::string operation_name(const Route& route);

// The document for one server, created at the first request for it. Thread-safe.
class OpenApi {
 public:
  OpenApi(std::vector<Route> routes, std::string public_url)
      : routes_(std::move(routes)), public_url_(std::move(public_url)) {}

  const web::Document& document() const;

 private:
  const std::vector<Route> routes_;
  const std::string public_url_;
  mutable std::once_flag once_;
  mutable web::Document document_;
};

}  // namespace authd::api
