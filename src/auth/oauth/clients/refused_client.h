// Notes what clients did, and what was refused to them (client_notes.h). One that is known by its
// document alone (document_clients.h) is left out: strangers can have as many of these as they
// like, and no administrator sees them.
#pragma once

#include <string_view>

#include "auth/core/services.h"

namespace authd::auth {

// `path` is that of the endpoint. What is this server's own fault, or asks the client to wait or to
// try again (RFC 8628 section 3.5, RFC 9449 section 8), is no mistake of the client, and is left
// out.
void note_refusal(const Services& s, std::string_view client, std::string_view path,
                  const Error& error, std::string_view request_id);

// Of an authorization request that is in order.
void note_request(const Services& s, std::string_view client, bool uses_pkce);

}  // namespace authd::auth
