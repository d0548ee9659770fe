// The files of src/api/openapi, which say of each operation what the route table cannot know
// (openapi.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/accepted.h"
#include "api/context.h"
#include "base/json.h"

namespace authd::api {

struct OpenApiSources {
  std::string introduction;
  std::vector<JsonObject> files;  // all that are JSON

  // The member of this name of each file that has it.
  std::vector<JsonObject> all(std::string_view name) const;
  // The same where exactly one file has it (a CHECK).
  JsonObject one(std::string_view name) const;

  // nullopt: the route is not documented.
  std::optional<JsonObject> operation(const Route& route) const;
  // What a "$ref" within the document names, as "#/components/schemas/Email". It must be there (a
  // CHECK).
  JsonObject referenced(std::string_view reference) const;
  // What the route accepts; nullopt: it is not documented, or it ignores what it does not know.
  std::optional<Accepted> accepted(const Route& route) const;
};

// The files are part of the executable, so an error in them is a bug (a CHECK).
OpenApiSources read_openapi_sources();

// A pattern as OpenAPI writes it: "/users/:id" is "/users/{id}" there.
std::string openapi_path(std::string_view pattern);

}  // namespace authd::api
