// Logos of clients, for the pages of a sign-in and the portal. As for pictures of people, the
// server stores and serves only JPEGs that it encoded itself (media/converter.h).
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Where anybody may fetch it; the address changes with the picture. Empty: it has none.
std::string logo_path(const tables::Client& client);

// Sets a PNG, JPEG or GIF. Errors: those of media::Converter::to_avatar(); `not_found`; `conflict`,
// "configured_client".
Result<tables::Client> set_client_logo(const Services& s, std::string_view id,
                                       std::string_view file, const Origin& origin);

// No error when there is none. Errors: `not_found`; `conflict`, "configured_client".
Result<tables::Client> remove_client_logo(const Services& s, std::string_view id,
                                          const Origin& origin);

// `not_found` if either the client or its logo does not exist.
Result<tables::Avatar> find_client_logo(const Services& s, std::string_view id);

// For callers that write the client's row in the same transaction; an empty picture removes it.
void put_client_logo(store::WriteTxn& tx, tables::Client& client, const tables::Avatar& logo);

// For callers that add a client: without a picture of its own, it must not get that of a former
// client with its id, which an older release leaves behind when it deletes that client. Writes only
// if there is one.
void remove_stale_logo(store::WriteTxn& tx, const tables::Client& client);

// Whether the bytes have the structure and size of a logo; and the row of such bytes.
bool is_client_logo(std::string_view jpeg);
tables::Avatar client_logo_of(std::string jpeg, Time now);

}  // namespace authd::auth
