// The addresses of documents that describe a client (client_document.h): which ones can be a
// client's id, and where they stand.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace authd::auth {

// Bytes. The id is in the keys of consents, and in the audit log.
inline constexpr size_t kMaxDocumentId = 200;
// Of the document; the draft recommends 5 KB.
inline constexpr size_t kMaxDocument = 5 << 10;

// Whether the text can be the address of a document: https, a host in lower case, a path other than
// "/", and none of these: a fragment, a query, a user, "." or ".." as a segment, port 443 spelled
// out. So one document has one id.
bool is_document_id(std::string_view id);

// The host of such an id, with its port; empty for another id.
std::string document_host(std::string_view id);

// Whether clients may have their documents there (provider.cimd, provider.cimd_hosts).
bool admits_document(const config::Provision& provider, std::string_view id);

// How an id stands in a path of this server, whose paths have no encoded slashes: "~" and the
// address as base64url; other ids as they are. The second function is the inverse; it returns text
// that is no such form unchanged.
std::string client_path_segment(std::string_view id);
std::string client_in_path(std::string_view segment);

}  // namespace authd::auth
