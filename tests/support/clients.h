// Clients and grants for the tests of the provider.
#pragma once

#include <catch2/catch.hpp>

#include "crypto/digest.h"
#include "support/instance.h"
#include "tables/schema.h"

namespace authd::test {

// An application that may do what most do; `change` makes it another.
tables::Client put_client(Instance& t, const std::string& id,
                          const std::function<void(tables::Client&)>& change = {});

// A grant of the user to the client, whose code was exchanged.
tables::Grant put_grant(Instance& t, const tables::User& user, const std::string& client,
                        const std::function<void(tables::Grant&)>& change = {});

}  // namespace authd::test
