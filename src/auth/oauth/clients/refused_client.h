// Notes the activity of clients and what was refused to them (client_notes.h). A client that is
// known only by its document (document_clients.h) is left out: strangers can have any number of
// these, and no administrator sees them.
#pragma once

#include <string_view>

#include "auth/core/services.h"

namespace authd::auth {

// `path` is that of the endpoint. Faults of this server, and errors that ask the client to wait or
// to retry (RFC 8628 section 3.5, RFC 9449 section 8), are not mistakes of the client and are left
// out.
void note_refusal(const Services& s, std::string_view client, std::string_view path,
                  const Error& error, std::string_view request_id);

// Of an authorization request that is in order.
void note_request(const Services& s, std::string_view client, bool uses_pkce);

}  // namespace authd::auth
