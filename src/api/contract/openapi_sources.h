// The files of src/api/openapi, which contain what the route table cannot hold about each operation
// (openapi.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/core/accepted.h"
#include "api/core/context.h"
#include "base/json.h"

namespace authd::api {

struct OpenApiSources {
  std::string introduction;
  std::vector<JsonObject> files;  // all JSON files

  // The member of this name in each file that has it.
  std::vector<JsonObject> all(std::string_view name) const;
  // The same, when exactly one file must have it (a CHECK).
  JsonObject one(std::string_view name) const;

  // nullopt: the route is not documented.
  std::optional<JsonObject> operation(const Route& route) const;
  // The target of a "$ref" inside the document, such as "#/components/schemas/Email". It must exist
  // (a CHECK).
  JsonObject referenced(std::string_view reference) const;
  // What the route accepts; nullopt: it is not documented, or it ignores unknown parameters and
  // members.
  std::optional<Accepted> accepted(const Route& route) const;
};

// The files are part of the executable, so an error in them is a bug (a CHECK).
OpenApiSources read_openapi_sources();

// Converts a pattern to OpenAPI's form: "/users/:id" to "/users/{id}".
std::string openapi_path(std::string_view pattern);

}  // namespace authd::api
