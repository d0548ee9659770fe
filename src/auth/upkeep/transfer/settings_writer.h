// Roles, resources and clients from an export. There are few, so each has a transaction of its own.
// Those that already exist with the same permissions or secrets are skipped, and so are clients
// that the configuration of this server declares.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/upkeep/transfer/import_options.h"
#include "auth/upkeep/transfer/records/record.h"

namespace authd::auth::transfer {

class SettingsWriter {
 public:
  SettingsWriter(const Services& s, const ImportOptions& options, const Origin& origin)
      : s_(s), options_(options), origin_(origin) {}

  // True when it was created (in a dry run: would be). Errors: `invalid`, with a message for
  // whoever wrote the file.
  Result<bool> add(const tables::Role& role);
  Result<bool> add(const tables::Resource& resource);
  Result<bool> add(const ClientRecord& record);
  Result<bool> add(const PairwiseKey& record);

  // The ids of the roles. Missing roles are created and counted in `made`.
  Result<std::vector<uint64_t>> role_ids(const std::vector<std::string>& names, uint64_t& made);

 private:
  Result<std::optional<tables::Role>> find(const std::string& name) const;

  const Services& s_;
  const ImportOptions& options_;
  const Origin& origin_;
  std::map<std::string, uint64_t> ids_;  // of roles; at most kMaxRoles
};

}  // namespace authd::auth::transfer
