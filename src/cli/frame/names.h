// The things that a command line names. Where nothing has the name, the error says which similar
// name there is.
#pragma once

#include <string>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::cli {

// As auth::find_account().
Result<tables::User> find_user(const auth::Services& s, const std::string& who);

// "user 7 (ann)"
std::string named(const tables::User& user);

// Adds to a `not_found` the role, the signing key, the client, the resource or the session that was
// meant by `name`. Other errors, and results, stay as they are.
Error with_near_role(const auth::Services& s, const std::string& name, Error error);
Error with_near_key(const auth::Services& s, const std::string& kid, Error error);
Error with_near_client(const auth::Services& s, const std::string& id, Error error);
Error with_near_resource(const auth::Services& s, const std::string& identifier, Error error);
Error with_near_session(const auth::Services& s, const std::string& text, Error error);

}  // namespace authd::cli
