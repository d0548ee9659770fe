#include "auth/oauth/memory/pkce_warnings.h"

#include <catch2/catch.hpp>

using namespace authd::auth;

TEST_CASE("each client is named once, and not without end") {
  PkceWarnings warnings;
  CHECK(warnings.is_first("app"));
  CHECK_FALSE(warnings.is_first("app"));
  for (size_t i = 1; i < PkceWarnings::kMaxClients; ++i)
    CHECK(warnings.is_first("app" + std::to_string(i)));
  CHECK_FALSE(warnings.is_first("one too many"));
  CHECK_FALSE(warnings.is_first("app"));
}
