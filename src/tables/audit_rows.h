// The rows of the audit log. The rules of rows.h hold.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

// Who did what, on whom, from where, when. `mac` covers the entry and the one before it.
struct AuditEntry {
  uint64_t number = 0;
  Time at;
  std::string action;         // "login", "password_changed", …
  std::string outcome;        // "ok", or why not
  UserId actor;               // 0: nobody who is known
  std::string operator_name;  // of a command: "cli:<login>"
  UserId subject;             // 0: none
  std::string target;         // what else it was done to: a role, a client, a key
  std::string address;
  std::string request_id;
  std::string detail;
  std::string mac;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "number", self.number);
    visit(2, "at", self.at);
    visit(3, "action", self.action);
    visit(4, "outcome", self.outcome);
    visit(5, "actor", self.actor);
    visit(6, "operator_name", self.operator_name);
    visit(7, "subject", self.subject);
    visit(8, "target", self.target);
    visit(9, "address", self.address);
    visit(10, "request_id", self.request_id);
    visit(11, "detail", self.detail);
    visit(12, "mac", self.mac);
  }
};

// Where the chain begins and ends.
struct AuditHead {
  uint64_t first = 1;    // number of the oldest entry that is kept
  std::string base_mac;  // of the entry before it; empty at the beginning
  uint64_t last = 0;
  std::string last_mac;
  std::string mac;  // of this row
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "first", self.first);
    visit(2, "base_mac", self.base_mac);
    visit(3, "last", self.last);
    visit(4, "last_mac", self.last_mac);
    visit(5, "mac", self.mac);
  }
};

}  // namespace authd::tables
