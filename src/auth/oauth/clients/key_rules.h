// Whether the members of a client that are about keys are in order: before it is stored, as a part
// of client_rules.h.
#pragma once

#include <string_view>

#include "base/result.h"
#include "tables/schema.h"

namespace authd::auth {

bool has_keys(const tables::Client& client);

// Whether jwks, jwks_uri and federated_identities are in order, and fit each other and what needs
// them. Error: `invalid`, with the member as its field.
Result<void> check_client_keys(const tables::Client& client);

// A member of federated_identities, "ISSUER SUBJECT". The subject is all after the first space.
struct FederatedIdentity {
  std::string_view issuer;
  std::string_view subject;
};
FederatedIdentity federated_identity(std::string_view text);

}  // namespace authd::auth
