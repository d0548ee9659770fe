// `authd client test`: what can be checked of one client of the provider without a person. Nobody
// signs in: that would need a password, and a sign-in that leaves no trace would be one that no
// person could make. `authd explain authorize` says what a sign-in leads to.
#pragma once

#include <vector>

#include "server/doctor/doctor.h"
#include "tables/schema.h"

namespace authd::server::doctor {

// In order: its members, discovery and clock at the public address, the addresses of the
// application, and the token endpoint, which must refuse a wrong secret; that refusal is in the
// audit log. The store of `patient` is open. Takes a few seconds for each address that does not
// answer.
std::vector<Finding> examine_client(const Patient& patient, const tables::Client& client);

}  // namespace authd::server::doctor
