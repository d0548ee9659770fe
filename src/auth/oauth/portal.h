// What a person may open: a tile each, on the page of applications.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Whether a client is a link and nothing else: a page for which nobody signs in here, such as a
// printer's. It has a home page (Client::client_uri), and neither a secret nor grant types, so it
// gets no tokens and asks about none.
bool is_bookmark(const tables::Client& client);

// Those that sign people in and have a home page, and bookmarks: all that let people with these
// roles enter, in order of their names. Clients that registered themselves are not among them:
// only an administrator puts links before everybody.
Result<std::vector<tables::Client>> portal_of(const Services& s,
                                              const std::vector<std::string>& roles);

}  // namespace authd::auth
