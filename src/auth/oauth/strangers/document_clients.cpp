#include "auth/oauth/strangers/document_clients.h"

#include <algorithm>

#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/memory/memory.h"
#include "auth/oauth/protocol/carried_request.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/strangers/client_count.h"
#include "auth/oauth/strangers/client_document.h"
#include "base/refusal.h"

namespace authd::auth {
namespace {

using tables::Client;

static_assert(kMaxDocumentId <= kMaxClientKey);

constexpr Allowance kOfPerson{"new document clients of a person", kMaxNewDocumentsOfPerson,
                              std::chrono::hours(24)};
// A document that says the same is not written again before.
constexpr Milliseconds kNoteStep = std::chrono::hours(24);

bool has_document(const Client& client) {
  return client.origin == kDocumentOrigin;
}

// What only the row knows.
void keep_of_row(Client& client, const Client& row) {
  client.created_at = row.created_at;
  client.updated_at = row.updated_at;
  client.last_used = row.last_used;
  client.disabled = row.disabled;
  client.unknown = row.unknown;
}

// Nothing is known about the document then.
bool is_passing(const Error& error) {
  return error.code == ErrorCode::busy || error.code == ErrorCode::unavailable;
}

bool says_the_same(Client client, const Client& row) {
  client.document_at = row.document_at;
  return tables::encode_row(client) == tables::encode_row(row);
}

}  // namespace

Result<std::optional<Client>> client_of_request(const Services& s, std::string_view id,
                                                Time asked_at, DocumentAsker asker) {
  std::optional<Client> row = TRY(s.store.read(
      [&](store::ReadTxn& tx) { return Result<std::optional<Client>>(find_client(tx, id)); }));
  if (row ? !has_document(*row) : !is_document_id(id)) return row;
  if (!admits_document(s.config.provider, id)) return std::optional<Client>();
  if (row && row->disabled) return row;
  const Milliseconds age = std::clamp(s.clock.now() - asked_at, Milliseconds(0), kRequestLife);
  Client client = TRY(s.oauth.documents.get(std::string(id), age, &client_in_document, asker));
  if (row)
    keep_of_row(client, *row);
  else
    client.created_at = s.clock.now();  // What people allowed a former row does not count.
  return std::optional<Client>(std::move(client));
}

Result<std::optional<Program>> authenticate_by_document(const Services& s, std::string_view id) {
  using Found = std::optional<Program>;
  if (!admits_document(s.config.provider, id)) return Found();
  const bool has_row = TRY(s.store.read(
      [&](store::ReadTxn& tx) { return Result<bool>(find_client(tx, id).has_value()); }));
  if (has_row) return Found();
  Result<std::optional<Client>> client =
      client_of_request(s, id, s.clock.now(), DocumentAsker::program);
  if (!client && is_passing(client.error())) return client.error();
  // The person sees on the page what is wrong with the document.
  if (!client || !*client || !(*client)->is_public) return Found();
  return Found(Program{std::move(**client)});
}

Result<void> check_document_room(const Services& s, const Client& client) {
  if (!has_document(client)) return {};
  TRY(prepare_subjects(s, Client{}, client));  // Its document may say so only now.
  return s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    // No other client has an id with a colon (check_client_id).
    const bool has_room = find_client(tx, client.id).has_value() ||
                          count_clients(tx, "https://") < kMaxDocumentClients;
    if (has_room) return {};
    return refused(ErrorCode::conflict, "too_many_clients",
                   "Too many applications are in use here. An administrator can remove some.");
  });
}

Result<void> settle_document(const Services& s, store::WriteTxn& tx, const Client& client,
                             UserId person, const Origin& origin, Time now) {
  if (!has_document(client)) return {};
  const std::optional<Client> row = find_client(tx, client.id);
  Client settled = client;
  if (!row) {
    TRY(take_one(tx, kOfPerson, std::to_string(person.value), now));
    settled.created_at = now;
    settled.updated_at = now;
    save_client(tx, settled);
    audit(s, tx, origin, {"client_registered", std::nullopt, "ok", client.id, kDocumentOrigin},
          now);
    return {};
  }
  if (row->disabled) {
    return refused(ErrorCode::conflict, "client_changed",
                   "The application has just changed; start again.");
  }
  keep_of_row(settled, *row);
  const bool is_same = says_the_same(settled, *row);
  if (is_same && now < row->document_at + kNoteStep && row->document_at <= now) return {};
  if (!is_same) settled.updated_at = std::max(now, row->updated_at + Milliseconds(1));
  save_client(tx, settled);
  return {};
}

}  // namespace authd::auth
