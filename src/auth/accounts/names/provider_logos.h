// The marks of the providers of the configuration, for the pages. As for pictures of people and of
// clients, the server shows only JPEGs that it encoded itself (media/converter.h).
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"

namespace authd::auth {

struct ProviderLogo {
  std::string provider;  // its name
  std::string jpeg;
};

// Those that have a `logo_file`, in the order of the configuration, but not those that this machine
// cannot decode now. Called when a server starts; it waits for a worker for each. Error: that of
// read_logo_file().
Result<std::vector<ProviderLogo>> read_provider_logos(const Services& s);

}  // namespace authd::auth
