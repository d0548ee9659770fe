// The templates of src/auth/oauth/clients/templates, read once, and their JSON.
#pragma once

#include <span>

#include "auth/oauth/clients/client_templates.h"
#include "base/json_writer.h"

namespace authd::api {

// All of them, by id. Thread-safe.
std::span<const auth::ClientTemplate> client_templates();

// {"template", "name", "home", "url", "checked"}; home and url are null where there is none.
void write_template(JsonWriter& json, const auth::ClientTemplate& one);

// The same with "client" (its members), "settings", "roles" and "traps", places not filled in.
void write_whole_template(JsonWriter& json, const auth::ClientTemplate& one);

// The application of a new client: {"template", "name", "settings", "roles", "traps"}.
struct MadeApp {
  const auth::ClientTemplate* from;
  std::vector<auth::AppSettings> settings;
};
// As a member "application" of the object that is open.
void write_made_app(JsonWriter& json, const MadeApp& app);

}  // namespace authd::api
