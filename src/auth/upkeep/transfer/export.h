// Everything that belongs to the people, as JSON Lines that an import takes back: a first line that
// says what the file is, then roles, clients and users in order of their ids.
//
//   {"type":"authd_export","version":1}
//   {"type":"role","name":"editor","description":"","permissions":["posts:write"],"created_at":…}
//   {"type":"client","id":"authd_client_…","name":"billing","secret_hash":"<hex>","created_at":…}
//   {"type":"user","id":7,"username":"ann",…,"roles":["user"],"totp_secret":"<base32>",…}
//
// An avatar stands there as "avatar", the JPEG in base64.
//
// TOTP secrets are written in the clear: whoever has the file can log in as everybody who has one.
// What cannot leave the server: recovery codes (MACs under a key of the server's), sessions and
// tokens, signing keys, the audit log; `authd backup` keeps those.
#pragma once

#include "auth/core/services.h"
#include "base/function_ref.h"

namespace authd::auth::transfer {

inline constexpr std::string_view kExportType = "authd_export";
inline constexpr int kExportVersion = 1;

struct ExportReport {
  uint64_t users = 0;
  uint64_t roles = 0;
  uint64_t clients = 0;
  uint64_t totp_secrets = 0;
  uint64_t without_recovery = 0;  // users whose recovery codes stay behind
};

// Calls `write` with pieces of text that end in a line end; its Error ends the export. Users are
// read in pages, each of one state of the store. Audited as "users_exported".
Result<ExportReport> export_everything(const Services& s, const Origin& origin,
                                       FunctionRef<Result<void>(std::string_view)> write);

}  // namespace authd::auth::transfer
