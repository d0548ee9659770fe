// Ready-made applications on the command line.
#pragma once

#include <string>

#include "api/core/client_templates.h"
#include "config/reading/load.h"

namespace authd::cli {

// The configuration as applications see the server. A command without one of its own knows only the
// issuer, which the server has written down, and which is its public URL unless somebody wants
// otherwise (Command::services).
config::Loaded as_served(const config::Loaded& loaded);

// What the application of a new client needs: its settings as they are pasted, then advice.
std::string app_text(const api::MadeApp& app);

}  // namespace authd::cli
