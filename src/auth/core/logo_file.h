// Logos that the configuration names by a file: of providers and of clients. As for pictures of
// people, the server shows only JPEGs that it encoded itself (media/converter.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"

namespace authd::auth {

// The file as the JPEG that is shown; waits for a worker. nullopt if this machine decodes no
// picture now, which is logged with the key: the server starts without the decoration. Error:
// `invalid`, with the key ("providers.google.logo_file") as its field, when the file cannot be read
// or is no picture.
Result<std::optional<std::string>> read_logo_file(const Services& s, std::string_view key,
                                                  const std::string& file);

}  // namespace authd::auth
