// The chains of the audit log: how rows are signed and linked (docs/format.md, "Audit chain").
//
// Each writer has a chain of its own, so two processes never write the same row. An entry carries a
// MAC over itself and the previous entry. The head of a chain records where the chain begins and
// ends, and one row lists all chains; both are signed as well. A checkpoint is an entry that names
// the newest entry of every chain.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr std::string_view kChainsKey = "current";

// The key of a chain's head. The chain of schema 1 has no name.
std::string audit_head_key(std::string_view chain);

// "chain "cli"", for messages.
std::string chain_label(std::string_view chain);

// In the chain of schema 1, an entry's number is its sequence.
uint64_t sequence_of(const tables::AuditEntry& entry);
uint64_t number_of(const tables::AuditHead& head);

// The smallest number that an entry of this time can have, but for the chain of schema 1.
uint64_t first_audit_number(Time at);

// The MAC of an entry that follows one whose MAC is `previous`.
std::string audit_mac(const Services& s, tables::AuditEntry entry, std::string_view previous);

// The rows if they exist and their signature is valid. A head must also belong to the chain that
// its key names.
std::optional<tables::AuditHead> signed_head(const Services& s, store::Reader& tx,
                                             std::string_view chain);
// The validly signed heads of all chains that have entries.
std::vector<tables::AuditHead> audit_heads_of(const Services& s, store::Reader& tx);
bool is_signed(const Services& s, const tables::AuditHead& head);
bool is_signed(const Services& s, const tables::AuditChains& chains);

void put_head(const Services& s, store::WriteTxn& tx, tables::AuditHead head);
void put_chains(const Services& s, store::WriteTxn& tx, tables::AuditChains chains);

// The head of this process's chain. Opens the chain when it does not exist (two writes). If it
// should exist, because the list names it or its head has an invalid signature, the chain begins
// again with an entry that says so: writing on must not cover up what somebody removed.
tables::AuditHead own_head(const Services& s, store::WriteTxn& tx, Time now);

// The action of the entry that reports this.
inline constexpr std::string_view kLogDamaged = "audit_log_damaged";

// Adds an entry to the chain (one write) and assigns its number. The caller writes the head.
void append_entry(const Services& s, store::WriteTxn& tx, tables::AuditHead& head,
                  tables::AuditEntry entry, Time now);

// The end of a chain when a checkpoint was written.
struct ListedHead {
  uint64_t number = 0;
  uint64_t sequence = 0;
  std::string mac;
  std::string chain;
};
std::string encode_listed(const tables::AuditHead& head);
std::optional<ListedHead> decode_listed(std::string_view bytes);

}  // namespace authd::auth
