// The rows of the audit log, as somebody with the file but without the key could change them.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/audit/audit_chain.h"
#include "auth/upkeep/audit_verify.h"
#include "support/instance.h"

namespace authd::test {

// The same services, as another writer.
inline auth::Services as_writer(const Instance& t, std::string_view writer) {
  auth::Services s = t.services;
  s.writer = writer;
  return s;
}

inline std::string audit_problem(Instance& t) {
  const auto verdict = auth::verify_audit(t.services, [](uint64_t, uint64_t) {});
  REQUIRE(verdict);
  return verdict->problem;
}

inline void add_entry(const auth::Services& s, std::string_view action) {
  REQUIRE(auth::audit_alone(s, {}, {action, UserId{1}}));
}

inline void change_rows(Instance& t, const std::function<void(store::WriteTxn&)>& work) {
  REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    work(tx);
    return {};
  }));
}

// Every entry, checkpoints too, in the order of their numbers.
inline std::vector<tables::AuditEntry> audit_rows(Instance& t) {
  std::vector<tables::AuditEntry> rows;
  REQUIRE(t.memory.read([&](store::ReadTxn& tx) -> Result<void> {
    tables::audit_entries.scan(tx, "", "", [&](std::string_view, tables::AuditEntry entry) {
      rows.push_back(std::move(entry));
      return true;
    });
    return {};
  }));
  return rows;
}

inline tables::AuditHead head_of(Instance& t, std::string_view chain) {
  return t.memory
      .read([&](store::ReadTxn& tx) -> Result<tables::AuditHead> {
        return tables::audit_heads.find(tx, auth::audit_head_key(chain))
            .value_or(tables::AuditHead{});
      })
      .value();
}

inline tables::AuditChains chain_list(Instance& t) {
  return t.memory
      .read([&](store::ReadTxn& tx) -> Result<tables::AuditChains> {
        return tables::audit_chains.find(tx, auth::kChainsKey).value_or(tables::AuditChains{});
      })
      .value();
}

inline void put_entry(store::WriteTxn& tx, uint64_t number, const tables::AuditEntry& entry) {
  tables::audit_entries.put(tx, tables::big_endian(number), entry);
}

inline void remove_entry(store::WriteTxn& tx, uint64_t number) {
  tables::audit_entries.del(tx, tables::big_endian(number));
}

// The entries of a chain after the sequence number `after`.
inline void remove_tail(Instance& t, std::string_view chain, uint64_t after) {
  const auto rows = audit_rows(t);
  change_rows(t, [&](store::WriteTxn& tx) {
    for (const tables::AuditEntry& row : rows) {
      if (row.chain == chain && auth::sequence_of(row) > after) remove_entry(tx, row.number);
    }
  });
}

inline void remove_chain(Instance& t, std::string_view chain) {
  remove_tail(t, chain, 0);
  change_rows(
      t, [&](store::WriteTxn& tx) { tables::audit_heads.del(tx, auth::audit_head_key(chain)); });
}

}  // namespace authd::test
