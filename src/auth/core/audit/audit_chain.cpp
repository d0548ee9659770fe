#include "auth/core/audit/audit_chain.h"

#include <algorithm>

#include "auth/core/server_mac.h"
#include "base/check.h"
#include "base/encoding.h"

namespace authd::auth {
namespace {

// A number is the time in milliseconds followed by ten more bits, so numbers sort by time across
// all writers. They stay below 2^53, exact in every JSON reader, until the year 2248.
constexpr unsigned kNumberShift = 10;
constexpr size_t kMacBytes = 32;

std::string mac_of(const Services& s, tables::AuditHead head) {
  head.mac.clear();
  return server_mac(s, "audit head", tables::encode_row(head));
}

std::string mac_of(const Services& s, tables::AuditChains chains) {
  chains.mac.clear();
  return server_mac(s, "audit chains", tables::encode_row(chains));
}

bool has_entry(store::Reader& tx, uint64_t number) {
  return tx.look(tables::audit_entries.full_key(tables::big_endian(number)),
                 [](std::string_view) {});
}

// Another writer may already have used the number. Both then read and write the same row, so an
// optimistic engine lets only one of them succeed.
uint64_t free_number(store::Reader& tx, uint64_t after, Time now) {
  uint64_t number = std::max(first_audit_number(now), after + 1);
  while (has_entry(tx, number))
    ++number;
  return number;
}

bool has_name(const tables::AuditChains& chains, std::string_view name) {
  return std::find(chains.names.begin(), chains.names.end(), name) != chains.names.end();
}

// A new chain begins after all others, even if this clock is behind another writer's.
uint64_t newest_number(store::Reader& tx, const tables::AuditChains& chains) {
  uint64_t newest = 0;
  for (const std::string& name : chains.names) {
    const auto head = tables::audit_heads.find(tx, audit_head_key(name));
    if (head) newest = std::max(newest, number_of(*head));
  }
  return newest;
}

tables::AuditHead open_chain(const Services& s, store::WriteTxn& tx, bool has_head, Time now) {
  const auto found = tables::audit_chains.find(tx, kChainsKey);
  const bool is_good = found && is_signed(s, *found);
  tables::AuditChains chains = is_good ? *found : tables::AuditChains{};
  if (chains.names.empty() && tables::audit_heads.find(tx, audit_head_key(""))) {
    chains.names.emplace_back();
  }
  const bool is_listed = has_name(chains, s.writer);
  tables::AuditHead head;
  head.first = 0;
  head.chain = s.writer;
  head.number = newest_number(tx, chains);
  if (!is_listed) {
    chains.names.emplace_back(s.writer);
    put_chains(s, tx, std::move(chains));
  }
  if (has_head || is_listed || (found && !is_good)) {
    tables::AuditEntry entry;
    entry.at = now;
    entry.action = kLogDamaged;
    entry.outcome = "chain_lost";
    entry.target = s.writer;
    append_entry(s, tx, head, std::move(entry), now);
  }
  return head;
}

}  // namespace

std::string audit_head_key(std::string_view chain) {
  return chain.empty() ? "current" : "chain/" + std::string(chain);
}

std::string chain_label(std::string_view chain) {
  return chain.empty() ? "the chain of schema 1" : "chain \"" + std::string(chain) + "\"";
}

uint64_t sequence_of(const tables::AuditEntry& entry) {
  return entry.chain.empty() ? entry.number : entry.sequence;
}

uint64_t number_of(const tables::AuditHead& head) {
  return head.chain.empty() ? head.last : head.number;
}

uint64_t first_audit_number(Time at) {
  const int64_t ms = std::max<int64_t>(at.time_since_epoch().count(), 0);
  return static_cast<uint64_t>(ms) << kNumberShift;
}

std::string audit_mac(const Services& s, tables::AuditEntry entry, std::string_view previous) {
  entry.mac.clear();
  return server_mac(s, "audit", std::string(previous) + tables::encode_row(entry));
}

std::optional<tables::AuditHead> signed_head(const Services& s, store::Reader& tx,
                                             std::string_view chain) {
  std::optional<tables::AuditHead> head = tables::audit_heads.find(tx, audit_head_key(chain));
  if (head && (head->chain != chain || !is_signed(s, *head))) head.reset();
  return head;
}

std::vector<tables::AuditHead> audit_heads_of(const Services& s, store::Reader& tx) {
  std::vector<tables::AuditHead> heads;
  const auto chains = tables::audit_chains.find(tx, kChainsKey);
  if (!chains) return heads;
  for (const std::string& name : chains->names) {
    auto head = signed_head(s, tx, name);
    if (head && !head->is_empty()) heads.push_back(std::move(*head));
  }
  return heads;
}

bool is_signed(const Services& s, const tables::AuditHead& head) {
  return equal_constant_time(head.mac, mac_of(s, head));
}

bool is_signed(const Services& s, const tables::AuditChains& chains) {
  return equal_constant_time(chains.mac, mac_of(s, chains));
}

void put_head(const Services& s, store::WriteTxn& tx, tables::AuditHead head) {
  head.mac = mac_of(s, head);
  tables::audit_heads.put(tx, audit_head_key(head.chain), head);
}

void put_chains(const Services& s, store::WriteTxn& tx, tables::AuditChains chains) {
  chains.mac = mac_of(s, chains);
  tables::audit_chains.put(tx, kChainsKey, chains);
}

tables::AuditHead own_head(const Services& s, store::WriteTxn& tx, Time now) {
  CHECK(!s.writer.empty());  // An empty name means the chain of schema 1, which is closed.
  const auto head = tables::audit_heads.find(tx, audit_head_key(s.writer));
  if (head && head->chain == s.writer && is_signed(s, *head)) return *head;
  return open_chain(s, tx, head.has_value(), now);
}

void append_entry(const Services& s, store::WriteTxn& tx, tables::AuditHead& head,
                  tables::AuditEntry entry, Time now) {
  entry.number = free_number(tx, head.number, now);
  // A chain that was closed and begins again must not repeat a sequence, so no chain begins at 1.
  entry.sequence = head.last == 0 ? entry.number : head.last + 1;
  entry.chain = head.chain;
  entry.mac = audit_mac(s, entry, head.last_mac);
  tables::audit_entries.put(tx, tables::big_endian(entry.number), entry);
  if (head.last == 0) head.first = entry.sequence;
  head.last = entry.sequence;
  head.last_mac = entry.mac;
  head.number = entry.number;
  (entry.is_checkpoint() ? head.checkpoint : head.event) = entry.number;
}

std::string encode_listed(const tables::AuditHead& head) {
  return tables::big_endian(number_of(head)) + tables::big_endian(head.last) + head.last_mac +
         head.chain;
}

std::optional<ListedHead> decode_listed(std::string_view bytes) {
  if (bytes.size() < 16 + kMacBytes) return std::nullopt;
  ListedHead listed;
  listed.number = tables::from_big_endian(bytes);
  listed.sequence = tables::from_big_endian(bytes.substr(8));
  listed.mac = bytes.substr(16, kMacBytes);
  listed.chain = bytes.substr(16 + kMacBytes);
  return listed;
}

}  // namespace authd::auth
