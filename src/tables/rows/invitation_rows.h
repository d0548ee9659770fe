// Invitations: links with which people who are invited create their accounts. The rules of rows.h
// hold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

struct Invitation {
  std::string id;                  // SHA-256 of the token in the link
  std::string email;               // who is invited; empty: whoever has the link
  bool is_mailed = false;          // the link went to `email` and nowhere else, so it proves it
  std::vector<std::string> roles;  // names, beyond "user"
  uint64_t uses = 1;               // how many accounts it makes
  uint64_t used = 0;
  std::optional<UserId> invited_by;  // an administrator; nullopt: an operator on the command line
  Time created_at;
  Time expires_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "email", self.email);
    visit(3, "is_mailed", self.is_mailed);
    visit(4, "roles", self.roles);
    visit(5, "uses", self.uses);
    visit(6, "used", self.used);
    visit(7, "invited_by", self.invited_by);
    visit(8, "created_at", self.created_at);
    visit(9, "expires_at", self.expires_at);
  }
};

}  // namespace authd::tables
