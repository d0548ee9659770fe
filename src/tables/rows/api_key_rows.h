// The rows of API keys. The rules of rows.h hold.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

// A key with which a program acts for its user. Its text contains the user and the number, so the
// row is found without an index; only the hash of the text is stored.
struct ApiKey {
  UserId user;
  uint64_t number = 0;  // never given twice
  std::string name;
  std::string hash;                 // SHA-256 of the text, which has 238 random bits
  std::vector<std::string> scopes;  // what it may do (auth/accounts/account/api_keys.h)
  Time created_at;
  Time expires_at;
  Time last_used;            // at most a minute behind
  uint64_t way_epoch = 0;    // of the user when it was made (auth/core/ways.h)
  uint64_t role_grants = 0;  // of the user when it was made: a role that came later is not its own
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "user", self.user);
    visit(2, "number", self.number);
    visit(3, "name", self.name);
    visit.secret(4, "hash", self.hash);
    visit(5, "scopes", self.scopes);
    visit(6, "created_at", self.created_at);
    visit(7, "expires_at", self.expires_at);
    visit(8, "last_used", self.last_used);
    visit(9, "way_epoch", self.way_epoch);
    visit(10, "role_grants", self.role_grants);
  }
};

}  // namespace authd::tables
