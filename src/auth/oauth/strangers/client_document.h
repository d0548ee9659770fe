// The document that describes a client whose id is its address (OAuth Client ID Metadata Document):
// what it says. Its address: document_address.h; fetching: client_documents.h.
#pragma once

#include <string_view>

#include "auth/oauth/protocol/document_address.h"
#include "base/result.h"
#include "tables/schema.h"

namespace authd::auth {

// The client that the document describes, with `id` as its id and no times. It has no secret, is
// public unless it has keys of its own, and gets nothing that only administrators grant. Error:
// `malformed`, "invalid_client_metadata", with what is wrong, for the person who sees the page and
// for whoever wrote the document.
Result<tables::Client> client_in_document(std::string_view id, std::string_view text);

}  // namespace authd::auth
