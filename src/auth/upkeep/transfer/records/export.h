// Everything that belongs to people, as JSON Lines that can be imported again: a first line that
// identifies the file, then roles, resources, clients, and users in order of their ids.
//
//   {"type":"authd_export","version":1}
//   {"type":"role","name":"editor","description":"","permissions":["posts:write"],"created_at":…}
//   {"type":"client","id":"authd_client_…","name":"billing","secret_hash":"<hex>","created_at":…}
//   {"type":"user","id":7,"username":"ann",…,"roles":["user"],"totp_secret":"<base32>",…}
//
// Passkeys and security keys are as in passkey_record.h: an import takes those that were made for
// its host. The field "avatar" is the JPEG in base64; "attributes" has the values by name, each as
// the JSON type that it has in the API.
//
// If a client has pairwise subjects, the key of these comes before the users, so that people keep
// theirs where the file is imported (auth/oauth/clients/pairwise.h):
// {"type":"pairwise_key","key":"<hex>"}.
//
// TOTP secrets are in plain text: whoever has the file has the second factor of everybody who uses
// one. These never leave the server: recovery codes (MACs with a key of the server), sessions and
// tokens, signing keys, and the audit log. `authd backup` includes them.
#pragma once

#include "auth/core/services.h"
#include "base/function_ref.h"

namespace authd::auth::transfer {

inline constexpr std::string_view kExportType = "authd_export";
inline constexpr int kExportVersion = 2;

struct ExportReport {
  uint64_t users = 0;
  uint64_t roles = 0;
  uint64_t clients = 0;
  uint64_t totp_secrets = 0;
  uint64_t without_recovery = 0;  // users whose recovery codes were not exported
  uint64_t passkeys = 0;          // and security keys
};

// Calls `write` with pieces of text that each end with a newline; an Error from it ends the export.
// Users are read in pages, each from one snapshot of the store. Audited as "users_exported".
Result<ExportReport> export_everything(const Services& s, const Origin& origin,
                                       FunctionRef<Result<void>(std::string_view)> write);

}  // namespace authd::auth::transfer
