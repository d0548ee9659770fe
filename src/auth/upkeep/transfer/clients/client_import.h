// Adds the clients of another provider (foreign_clients.h) to this one. Each is added completely or
// not at all; existing clients stay as they are, so an import can be repeated.
#pragma once

#include <string>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/services.h"
#include "auth/upkeep/transfer/clients/foreign_clients.h"

namespace authd::auth::transfer {

struct ClientImportOptions {
  std::string format;       // for the audit log
  bool is_dry_run = false;  // says what would happen, and writes nothing
  // Clients whose id is not allowed here (auth/oauth/clients/client_rules.h), such as a UUID, get
  // one that is made of their name.
  bool maps_ids = false;
};

struct ClientOutcome {
  enum class State {
    imported,
    skipped,   // why: `reason`
    built_in,  // belongs to the other provider itself
  };
  std::string id;          // here
  std::string foreign_id;  // there
  std::string name;
  State state = State::imported;
  std::string reason;
  std::vector<std::string> notes;
  ClientSecret secret;  // that the server made, because the file has none; shown only once
};

// In the order of the file. A client whose secret is in the file keeps it, even if it is short; a
// note then warns about it. Error: `unavailable`.
Result<std::vector<ClientOutcome>> import_clients(const Services& s,
                                                  std::vector<ForeignClient> clients,
                                                  const ClientImportOptions& options,
                                                  const Origin& origin);

}  // namespace authd::auth::transfer
