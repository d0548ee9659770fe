// What a person may open: a tile each, on the page of applications.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Those that sign people in and have a home page, and bookmarks: all that let people with these
// roles enter, in order of their names. Clients that registered themselves are not among them:
// only an administrator puts links before everybody.
Result<std::vector<tables::Client>> portal_of(const Services& s,
                                              const std::vector<std::string>& roles);

}  // namespace authd::auth
