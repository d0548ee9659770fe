// Secrets of clients that another system hashed as it hashes passwords (client_import.h). They are
// checked in that form, and replaced by their SHA-256 when they are right for the first time, as
// the passwords of imported accounts are.
//
// Such a hash is slow on purpose, and the sender is not authenticated yet. So it is computed on the
// password lane, whose queue is bounded (crypto/passwords/hasher.h), only for a client that has
// one, only while the address has not failed too often, and only for kMaxSecretChecks requests at a
// time.
#pragma once

#include <initializer_list>
#include <string_view>

#include "auth/core/services.h"
#include "base/secret.h"
#include "tables/schema.h"

namespace authd::auth {

// Requests that wait for the check of an imported secret, in the whole process.
inline constexpr uint64_t kMaxSecretChecks = 4;

// Whether the hash of a ClientSecretRow is in a form of another system. A SHA-256 is raw bytes, and
// shorter than any of those.
bool is_imported_hash(std::string_view hash);

// Whether this can become the hash of a secret: a form of crypto/passwords/password_hash.h that
// begins with
// '$', within its limits.
bool is_importable_hash(std::string_view hash);

// Whether the client has such a secret that has not ended.
bool has_imported_secret(const tables::Client& client, Time now);

// Whether one of the texts is such a secret, which is replaced then; an empty text is none. The
// client may authenticate with them in every other respect. Errors: `busy`; `unavailable`.
Result<bool> check_imported_secrets(const Services& s, const tables::Client& client,
                                    std::initializer_list<const ClientSecret*> texts, Time now);

}  // namespace authd::auth
