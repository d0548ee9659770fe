// The rows of the audit log. The rules of rows.h hold; docs/format.md has the bytes.
//
// The log consists of chains, one for each writer ("server", "cli"), so that no two processes write
// the same row. The chain without a name is the one log of schema 1. That chain is closed: nothing
// is added to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

// Who did what, to whom, from where, when. `mac` covers the entry and the one before it in its
// chain.
struct AuditEntry {
  uint64_t number = 0;  // also the key; rises with time, across all chains
  Time at;
  std::string action;   // "login", "password_changed", …
  std::string outcome;  // "ok", or why not
  std::optional<UserId> actor;
  std::string operator_name;  // of a command: "cli:<login>"
  std::optional<UserId> subject;
  std::string target;  // another object of the action: a role, a client, a key
  std::string address;
  std::string request_id;
  std::string detail;
  std::string mac;
  std::string chain;
  uint64_t sequence = 0;           // one more than that of the entry before it in its chain
  std::vector<std::string> heads;  // of a checkpoint: where each chain ended then
  std::string actor_name;          // at that time; the account may be renamed or deleted since
  std::string subject_name;
  std::string unknown;

  bool is_checkpoint() const { return !heads.empty(); }

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
    visit(13, "chain", self.chain);
    visit(14, "sequence", self.sequence);
    visit(15, "heads", self.heads);
    visit(16, "actor_name", self.actor_name);
    visit(17, "subject_name", self.subject_name);
  }
};

// Where a chain begins and ends. In the chain of schema 1 the sequence of an entry is its number.
struct AuditHead {
  uint64_t first = 1;    // sequence of the oldest entry that is kept
  std::string base_mac;  // of the entry before it; empty at the beginning
  uint64_t last = 0;     // sequence of the newest entry
  std::string last_mac;
  std::string mac;  // of this row
  std::string chain;
  uint64_t number = 0;      // of the newest entry; not in the chain of schema 1
  uint64_t checkpoint = 0;  // number of the newest checkpoint in this chain; 0: none
  uint64_t event = 0;       // number of the newest entry that is not a checkpoint; 0: none
  std::string unknown;

  bool is_empty() const { return first > last; }

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "first", self.first);
    visit(2, "base_mac", self.base_mac);
    visit(3, "last", self.last);
    visit(4, "last_mac", self.last_mac);
    visit(5, "mac", self.mac);
    visit(6, "chain", self.chain);
    visit(7, "number", self.number);
    visit(8, "checkpoint", self.checkpoint);
    visit(9, "event", self.event);
  }
};

// Which chains exist, so that none disappears unnoticed, and which entries have left the log.
struct AuditChains {
  std::vector<std::string> names;
  uint64_t pruned_to = 0;  // entries up to this number are past the retention period, and are gone
  std::string mac;         // of this row
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "names", self.names);
    visit(2, "pruned_to", self.pruned_to);
    visit(3, "mac", self.mac);
  }
};

}  // namespace authd::tables
