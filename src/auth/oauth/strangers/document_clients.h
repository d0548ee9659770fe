// The rows of clients whose id is the address of their metadata. There is one only while somebody
// uses the client: it is written when a person allows the client something, because grants need it,
// and follows the document from then on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/audit/audit.h"
#include "auth/core/caller.h"
#include "auth/core/limits/allowance.h"
#include "auth/core/logout_notices.h"
#include "auth/core/services.h"
#include "auth/oauth/memory/client_documents.h"
#include "tables/schema.h"

namespace authd::auth {

// In all; so that there is room for those of administrators (kMaxClients).
inline constexpr size_t kMaxDocumentClients = 300;
// New ones that one person brings in a day.
inline constexpr uint64_t kMaxNewDocumentsOfPerson = 20;
// A row that nobody has used for this long, and for the life of a refresh token, is removed.
// People's consents to the client end with it.
inline constexpr Milliseconds kUnusedDocumentLife = std::chrono::hours(24 * 90);

// The client that a request names: its row, or what its document says now, with what the row adds.
// nullopt: there is none. May fetch the document, unless the request began a while ago, at
// `asked_at`. Errors: those of ClientDocuments::get().
Result<std::optional<tables::Client>> client_of_request(
    const Services& s, std::string_view id, Time asked_at,
    DocumentAsker asker = DocumentAsker::person);

// A public client with a document that nobody has used yet, as when it pushes its request; nullopt
// for any other. May fetch the document. Errors: `busy` and `unavailable`, when nothing is known
// about it.
Result<std::optional<Program>> authenticate_by_document(const Services& s, std::string_view id);

// Before the transaction in which a person allows the client something. Errors: `conflict`,
// "too_many_clients", when there is no room for its row; `unavailable`. Nothing for other clients.
Result<void> check_document_room(const Services& s, const tables::Client& client);

// In that transaction: writes the row, or makes it as the document says. Nothing for other clients.
// Errors: `conflict`, "client_changed", if an administrator has disabled it since; `rate_limited`.
Result<void> settle_document(const Services& s, store::WriteTxn& tx, const tables::Client& client,
                             UserId person, const Origin& origin, Time now);
inline constexpr size_t kSettleDocumentWrites =
    decltype(tables::clients)::kPutWrites + kNoteReceiverWrites + kTakeOneWrites + kAuditWrites;

}  // namespace authd::auth
