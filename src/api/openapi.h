// The description of the API as an OpenAPI 3.1 document, served at /openapi.json. It is built
// from two sources, so that it cannot describe routes that do not exist:
//
//   the route table (routes.cpp)   which routes there are, who may call them, and the refusals that
//                                  follow from guard, limit, lane and kind of body
//   src/api/openapi/*.json         what a table cannot know: texts, parameters, schemas, examples,
//                                  and the refusals of each operation
//
// The files are OpenAPI: "paths" and "components", in any file, are put together; document.json has
// the tags in their order, introduction.txt the text above all. Besides, an operation has
// "x-errors": ["409 email_taken", …], each of them in errors.json with its message, of which the
// responses are made; a route of an API that authd replaces gets them in the form of that API.
// They have "security" only where the guard is none and a credential counts.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "api/context.h"
#include "web/asset.h"

namespace authd::api {

// The document of these routes. A route without an entry in the files is left out: the unit test
// openapi_test.cpp sees to it that there is none.
std::string openapi_document(std::span<const Route> routes, std::string_view public_url);

// "GET /api/v1/users/{id}" for each operation in the files.
std::vector<std::string> documented_operations();
// A route in the same form.
std::string operation_name(const Route& route);

// The document for one server, made when it is asked for first. Thread-safe.
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
