// Passkeys in authd's own export: no secrets, but useless anywhere but at the host that they were
// made for.
//
//   "user_handle": "<base64url>",
//   "passkeys": [{"id": "<base64url>", "public_key": "<base64url, COSE>", "sign_count": 3,
//                 "is_synced": true, "backed_up": true, "user_verified": true,
//                 "discoverable": true, "transports": ["internal"], "aaguid": "<base64url>",
//                 "rp_id": "id.example.org", "name": "Phone", "created_at": …, "last_used": …}, …]
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/result.h"
#include "tables/schema.h"

namespace authd::auth::transfer {

// Members of the object of a user; nothing if there are none.
void write_passkeys(JsonWriter& json, const tables::User& user,
                    const std::vector<tables::Passkey>& passkeys);

// The member "passkeys", as far as its form goes. Error: `invalid`.
Result<std::vector<tables::Passkey>> read_passkeys(const JsonObject& line);

// What this server would have stored of the same credential, without an owner. Error: `invalid`,
// with a message, for one that authd could not have exported.
Result<tables::Passkey> check_passkey(tables::Passkey row, Time now);

}  // namespace authd::auth::transfer
