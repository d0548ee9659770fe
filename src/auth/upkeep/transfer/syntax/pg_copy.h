// The rows between COPY … FROM stdin and "\\." in a dump of PostgreSQL (its manual, COPY, text
// format).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace authd::auth::transfer {

// The values of a line; nullopt is NULL.
std::vector<std::optional<std::string>> copied_values(std::string_view line);

}  // namespace authd::auth::transfer
