#include "auth/oauth/clients/client_put.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/rounds.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/pairwise.h"
#include "base/refusal.h"
#include "base/text.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

using tables::Client;
using tables::ClientSecretRow;

bool names(const std::vector<ClientChange>& members, std::string_view name) {
  return std::any_of(members.begin(), members.end(),
                     [&](const ClientChange& one) { return one.name == name; });
}

// The client that the declaration alone makes.
Result<Client> declared_client(const WantedClient& wanted) {
  TRY(check_client_id(wanted.id));
  std::vector<ClientChange> members = wanted.members;
  if (!names(members, "name")) members.push_back({"name", wanted.id});
  Client client = TRY(client_with(members));
  client.id = wanted.id;
  if (takes_secret(client) || wanted.secret.empty()) return client;
  return no_secret_needed(client, "client_secret");
}

// What the row has and no declaration says.
void keep_of_row(Client& client, const Client& row, const WantedClient& wanted) {
  client.created_at = row.created_at;
  client.updated_at = row.updated_at;
  client.last_used = row.last_used;
  client.logo_version = row.logo_version;
  client.unknown = row.unknown;
  if (!names(wanted.members, "disabled")) client.disabled = row.disabled;
  if (!takes_secret(client)) return;
  client.secret_hash = row.secret_hash;
  client.secrets = row.secrets;
}

// Whether the secret had to be added. Error: `conflict`, "too_many_secrets".
Result<bool> put_secret(Client& client, const ClientSecret& secret, Time now) {
  ClientSecretRow row;
  row.id = kDeclaredSecretId;
  row.hash = crypto::sha256(secret.reveal());
  row.created_at = now;
  const std::vector<ClientSecretRow> all = secrets_of(client);
  if (std::any_of(all.begin(), all.end(), [&](const ClientSecretRow& one) {
        return one.hash == row.hash && !has_ended(one, now);
      })) {
    return false;
  }
  std::erase_if(client.secrets, [&](const std::string& bytes) {
    const auto one = tables::decode_row<ClientSecretRow>(bytes, "a client's secret");
    return one.id == kDeclaredSecretId || has_ended(one, now);
  });
  if (secrets_of(client).size() >= kMaxClientSecrets) {
    return refused(ErrorCode::conflict, "too_many_secrets",
                   "The client already has 10 secrets; revoke one first.");
  }
  client.secrets.push_back(tables::encode_row(row));
  return true;
}

bool has_no_secret(const Client& client) {
  return takes_secret(client) && client.secret_hash.empty() && client.secrets.empty();
}

std::string changed_members(const Client& before, const Client& after) {
  std::string text;
  for (const ClientMember& member : client_members()) {
    if (value_of(before, member) == value_of(after, member)) continue;
    text += (text.empty() ? "" : " ") + std::string(member.name);
  }
  return text;
}

// For check_client(): what `before` names need not exist.
Client with_expected(const std::optional<Client>& row, const ExpectedNames& expected) {
  Client before = row.value_or(Client{});
  before.roles.insert(before.roles.end(), expected.roles.begin(), expected.roles.end());
  before.resources.insert(before.resources.end(), expected.resources.begin(),
                          expected.resources.end());
  return before;
}

}  // namespace

Result<PutClient> look_at_client(const Services& s, store::Reader& tx, const WantedClient& wanted,
                                 const ExpectedNames& expected) {
  const Time now = s.clock.now();
  PutClient made;
  made.put.row = TRY(declared_client(wanted));
  made.put.before = find_client(tx, wanted.id);
  Client& client = made.put.row;
  const std::optional<Client>& before = made.put.before;
  if (before) {
    TRY(check_editable(*before));
    keep_of_row(client, *before, wanted);
  } else {
    client.created_at = now;
    client.updated_at = now;
  }
  TRY(check_client(tx, client, with_expected(before, expected)));
  if (!wanted.secret.empty()) made.has_new_secret = TRY(put_secret(client, wanted.secret, now));
  const bool needs_secret = has_no_secret(client);
  const bool is_same =
      before && !needs_secret && tables::encode_row(client) == tables::encode_row(*before);
  made.has_new_secret = made.has_new_secret || needs_secret;
  made.put.outcome = !before ? PutOutcome::made : is_same ? PutOutcome::same : PutOutcome::changed;
  if (made.put.outcome == PutOutcome::changed)
    client.updated_at = std::max(now, before->updated_at + Milliseconds(1));
  return made;
}

namespace {

// Fetches the document of the sector, if the client has one that it did not have before. What was
// proved. The transaction decides about the rest.
Result<std::string> prove_sector(const Services& s, const WantedClient& wanted) {
  const PutClient seen = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<PutClient> { return look_at_client(s, tx, wanted, {}); }));
  std::string evidence = sector_evidence(seen.put.row);
  if (!seen.put.before || sector_evidence(*seen.put.before) != evidence) {
    TRY(check_sector_document(s, seen.put.row));
  }
  if (seen.put.before) TRY(prepare_subjects(s, *seen.put.before, seen.put.row));
  return evidence;
}

}  // namespace

Result<PutClient> put_client(const Services& s, const WantedClient& wanted, const Origin& origin) {
  const Time now = s.clock.now();
  const bool is_full = TRY(list_clients(s)).size() >= kMaxClients;
  const ClientSecret secret = TRY(secret_or_new(s, wanted.secret));
  const std::string row = tables::encode_row(secret_row(s, secret, Milliseconds(0), now));
  const auto put_in = [&](store::WriteTxn& tx, Round& round,
                          const std::string& evidence) -> Result<PutClient> {
    PutClient next = TRY(look_at_client(s, tx, wanted, {}));
    Client& client = next.put.row;
    if (next.put.outcome == PutOutcome::same) return next;
    if (sector_evidence(client) != evidence) return round.moved(changing_sector());
    if (next.put.outcome == PutOutcome::made) {
      if (is_full) return Error{ErrorCode::invalid, "There may be at most 1000 clients."};
      remove_stale_logo(tx, client);
    }
    if (has_no_secret(client)) client.secrets = {row};
    save_client(tx, client);
    if (!next.put.before) {
      audit(s, tx, origin, {"client_added", std::nullopt, "ok", client.id}, now);
      return next;
    }
    const std::string changed = changed_members(*next.put.before, client);
    if (!changed.empty())
      audit(s, tx, origin, {"client_changed", std::nullopt, "ok", client.id, changed}, now);
    if (next.has_new_secret)
      audit(s, tx, origin, {"client_secret_added", std::nullopt, "ok", client.id}, now);
    return next;
  };
  PutClient made = TRY(in_rounds([&](Round& round) -> Result<PutClient> {
    const std::string evidence = TRY(prove_sector(s, wanted));
    return s.store.write([&](store::WriteTxn& tx) { return put_in(tx, round, evidence); });
  }));
  const bool is_by_server = made.has_new_secret && wanted.secret.empty();
  if (is_by_server) made.secret = ClientSecret(std::string(secret.reveal()));
  return made;
}

}  // namespace authd::auth
