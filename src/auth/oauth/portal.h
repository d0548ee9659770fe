// The applications that a person may open.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Those that sign people in, let people with these roles enter, and have a home page
// (Client::client_uri), in order of their names.
Result<std::vector<tables::Client>> portal_of(const Services& s,
                                              const std::vector<std::string>& roles);

}  // namespace authd::auth
