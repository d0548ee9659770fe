// What a person may open: one tile each, on the page of applications.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Those that sign people in and have a home page or begin a sign-in themselves, and bookmarks: all
// that let people with these roles enter, in order of their names. Clients that registered
// themselves are not among them: only an administrator puts links before everybody.
Result<std::vector<tables::Client>> portal_of(const Services& s,
                                              const std::vector<std::string>& roles);

// Where the tile of one of them leads: to where the application begins a sign-in itself, with this
// server's `iss` and its home page as `target_link_uri` (OpenID Connect Core section 4); else to
// its home page. There is no `login_hint`: an application learns nothing of a person who has not
// allowed it.
std::string launch_address(const Services& s, const tables::Client& client);

}  // namespace authd::auth
