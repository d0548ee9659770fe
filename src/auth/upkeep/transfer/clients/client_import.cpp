#include "auth/upkeep/transfer/clients/client_import.h"

#include <algorithm>
#include <set>
#include <span>

#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/pairwise.h"
#include "base/text.h"
#include "config/reading/clients.h"

namespace authd::auth::transfer {
namespace {

using State = ClientOutcome::State;

// A client on its way, with what will be told of it.
struct Prepared {
  tables::Client row;
  ClientOutcome outcome;
};

void skip(ClientOutcome& outcome, std::string reason) {
  outcome.state = State::skipped;
  outcome.reason = std::move(reason);
  outcome.secret = ClientSecret("");
}

std::string in_words(const Error& error) {
  return (error.field.empty() ? "" : error.field + ": ") + error.message;
}

// "My Wiki (new)" → "my-wiki-new". What other scripts have is left out.
std::string id_from(std::string_view name) {
  std::string id;
  for (const char c : lower(name)) {
    const bool is_part = (c >= 'a' && c <= 'z') || is_digit(c);
    if (is_part) {
      id += c;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  id.resize(std::min(id.size(), config::kMaxClientId));
  while (id.ends_with('-'))
    id.pop_back();
  return id;
}

// The id that the client will have here. Error: `invalid`, "client_id".
Result<std::string> choose_id(const ForeignClient& client, bool maps_ids) {
  const Result<void> allowed = check_client_id(client.id);
  if (allowed) return client.id;
  if (!maps_ids) {
    return Error{ErrorCode::invalid,
                 allowed.error().message + " With --map-ids, it gets an id made from its name.",
                 "client_id"};
  }
  std::string id = id_from(client.name);
  TRY(check_client_id(id));
  return id;
}

// The secret that the client has: that of the file, or one that the server makes.
Result<void> set_secret_of(const Services& s, ForeignClient& from, Prepared& to, Time now) {
  if (!takes_secret(to.row)) return {};
  tables::ClientSecretRow secret;
  if (!from.secret_hash.empty()) {
    secret = secret_row(s, ClientSecret("-"), Milliseconds(0), now);
    secret.hash = from.secret_hash;
  } else if (!from.secret.empty()) {
    secret = secret_row(s, from.secret, Milliseconds(0), now);
    if (from.secret.reveal().size() < config::kMinClientSecret) {
      to.outcome.notes.push_back("Its secret has fewer than " +
                                 std::to_string(config::kMinClientSecret) +
                                 " characters: replace it (authd client rotate).");
    }
  } else {
    to.outcome.secret = TRY(secret_or_new(s, ClientSecret("")));
    secret = secret_row(s, to.outcome.secret, Milliseconds(0), now);
    to.outcome.notes.emplace_back("The file has no secret for it, so it got a new one.");
  }
  to.row.secrets = {tables::encode_row(secret)};
  return {};
}

Result<void> prepare(const Services& s, ForeignClient& from, bool maps_ids, Prepared& to,
                     Time now) {
  to.outcome.id = TRY(choose_id(from, maps_ids));
  std::vector<ClientChange> members = std::move(from.members);
  members.push_back({"name", from.name});
  to.row = TRY(client_with(members));
  to.row.id = to.outcome.id;
  to.row.created_at = now;
  to.row.updated_at = now;
  TRY(check_members(to.row));
  TRY(check_sector_document(s, to.row));  // before any transaction: it asks another server
  return set_secret_of(s, from, to, now);
}

std::vector<Prepared> prepare_all(const Services& s, std::vector<ForeignClient> clients,
                                  bool maps_ids) {
  const Time now = s.clock.now();
  std::vector<Prepared> all;
  std::set<std::string> ids;
  for (ForeignClient& from : clients) {
    Prepared one;
    one.outcome.foreign_id = from.id;
    one.outcome.name = from.name;
    one.outcome.notes = std::move(from.notes);
    const Result<void> done =
        from.problem.empty() ? prepare(s, from, maps_ids, one, now) : Result<void>();
    if (from.is_built_in) {
      one.outcome.state = State::built_in;
    } else if (!from.problem.empty()) {
      skip(one.outcome, from.problem);
    } else if (!done) {
      skip(one.outcome, in_words(done.error()));
    } else if (!ids.insert(one.row.id).second) {
      skip(one.outcome, "the file has two clients that would have the id " + one.row.id);
    }
    all.push_back(std::move(one));
  }
  return all;
}

// Why it cannot be added now; empty: it can.
std::string problem_of(store::Reader& tx, const tables::Client& client) {
  if (find_client(tx, client.id)) return "there is already a client " + client.id;
  const Result<void> checked = check_client(tx, client);
  return checked ? "" : in_words(checked.error());
}

// The reasons, in the order of the clients; empty for those that were written.
using Reasons = std::vector<std::string>;

Result<Reasons> look_at(const Services& s, std::span<Prepared* const> batch) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<Reasons> {
    Reasons reasons;
    for (const Prepared* one : batch)
      reasons.push_back(problem_of(tx, one->row));
    return reasons;
  });
}

Result<Reasons> write(const Services& s, std::span<Prepared* const> batch,
                      const ClientImportOptions& options, const Origin& origin) {
  return s.store.write([&](store::WriteTxn& tx) -> Result<Reasons> {
    Reasons reasons;
    for (const Prepared* one : batch) {
      const tables::Client& client = one->row;
      reasons.push_back(problem_of(tx, client));
      if (!reasons.back().empty()) continue;
      remove_stale_logo(tx, client);
      save_client(tx, client);
      audit(s, tx, origin, {"client_added", std::nullopt, "ok", client.id, options.format},
            client.created_at);
    }
    return reasons;
  });
}

// Those that can be added, as far as there is room.
std::vector<Prepared*> candidates(std::vector<Prepared>& all, size_t room) {
  std::vector<Prepared*> found;
  for (Prepared& one : all) {
    if (one.outcome.state != State::imported) continue;
    if (found.size() < room) {
      found.push_back(&one);
    } else {
      skip(one.outcome, "there may be at most " + std::to_string(kMaxClients) + " clients");
    }
  }
  return found;
}

}  // namespace

Result<std::vector<ClientOutcome>> import_clients(const Services& s,
                                                  std::vector<ForeignClient> clients,
                                                  const ClientImportOptions& options,
                                                  const Origin& origin) {
  std::vector<Prepared> all = prepare_all(s, std::move(clients), options.maps_ids);
  const size_t there = TRY(list_clients(s)).size();
  const std::vector<Prepared*> wanted = candidates(all, kMaxClients - std::min(kMaxClients, there));
  for (size_t first = 0; first < wanted.size(); first += kMaxAddedClients) {
    const size_t count = std::min(kMaxAddedClients, wanted.size() - first);
    const std::span<Prepared* const> batch = std::span(wanted).subspan(first, count);
    const Reasons reasons =
        TRY(options.is_dry_run ? look_at(s, batch) : write(s, batch, options, origin));
    for (size_t i = 0; i < count; ++i) {
      if (!reasons[i].empty()) skip(batch[i]->outcome, reasons[i]);
    }
  }
  std::vector<ClientOutcome> outcomes;
  for (Prepared& one : all) {
    if (options.is_dry_run) one.outcome.secret = ClientSecret("");
    outcomes.push_back(std::move(one.outcome));
  }
  return outcomes;
}

}  // namespace authd::auth::transfer
