// Asks a server on this host whether it is ready (`authd health`, for containers).
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "config/config.h"

namespace authd::http {

// GET `path` at the address, with TLS (the certificate is not checked: it is this host's own
// server, and its name is not 127.0.0.1). Returns the status. Error: `unavailable`, with what went
// wrong.
Result<int> probe(const config::Listen& listen, bool has_tls, const std::string& path,
                  Milliseconds timeout);

}  // namespace authd::http
