// The client kit: a module for other people's pages (/authd.js), and its types (/authd.d.ts). Both
// name the version of this server, which is the one that they work with.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "web/asset.h"

namespace authd::web {

// Each with its path.
std::vector<std::pair<std::string, Document>> kit_files();

}  // namespace authd::web
