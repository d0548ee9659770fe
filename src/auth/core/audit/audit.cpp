#include "auth/core/audit/audit.h"

#include <algorithm>
#include <map>

#include "auth/core/audit/audit_chain.h"
#include "auth/core/mails.h"
#include "base/encoding.h"
#include "tables/rows/names.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// Entries read in one read transaction.
constexpr size_t kPage = 1000;
// The writes of one transaction that prunes: the entries that it removes, the heads of the chains
// that they belong to, and the list of chains.
constexpr size_t kPruneChains = 10;
constexpr size_t kPruneBatch = tables::kWriteBudget - kPruneChains - 1;

bool concerns(const AuditFilter& filter, std::optional<UserId> id, std::string_view name) {
  if (filter.user && filter.user == id) return true;
  return filter.name && tables::fold(name) == *filter.name;
}

bool matches(const AuditFilter& filter, const tables::AuditEntry& entry) {
  if (!filter.action.empty() && entry.action != filter.action) return false;
  if (!filter.user && !filter.name) return true;
  return concerns(filter, entry.actor, entry.actor_name) ||
         concerns(filter, entry.subject, entry.subject_name);
}

std::string name_of(store::Reader& tx, std::optional<UserId> id) {
  const auto user = id ? tables::find_user(tx, *id) : std::nullopt;
  return user ? account_name(*user) : "";
}

// Whether there is an entry that this writer's last checkpoint does not cover. Checkpoints do not
// count as entries: otherwise two writers would answer each other's checkpoints for ever.
bool is_checkpoint_due(const Services& s, store::Reader& tx,
                       const std::vector<tables::AuditHead>& heads, Time now, Milliseconds pace) {
  const auto own = tables::audit_heads.find(tx, audit_head_key(s.writer));
  if (!own || own->checkpoint == 0) return true;
  const auto last = tables::audit_entries.find(tx, tables::big_endian(own->checkpoint));
  if (!last) return true;
  // A checkpoint from the future was written before the clock was set back.
  if (last->at <= now && now - last->at < pace) return false;
  std::map<std::string, uint64_t> covered;
  for (const std::string& bytes : last->heads) {
    if (const auto listed = decode_listed(bytes)) covered[listed->chain] = listed->number;
  }
  return std::any_of(heads.begin(), heads.end(), [&](const tables::AuditHead& head) {
    return (head.chain.empty() ? head.last : head.event) > covered[head.chain];
  });
}

// The numbers of the entries older than `oldest`, in ascending order.
std::vector<uint64_t> find_doomed(store::ReadTxn& tx, Time oldest) {
  std::vector<uint64_t> doomed;
  std::vector<std::string> chains;
  tables::audit_entries.scan(tx, "", "", [&](std::string_view key, tables::AuditEntry entry) {
    if (entry.at >= oldest || doomed.size() == kPruneBatch) return false;
    if (std::find(chains.begin(), chains.end(), entry.chain) == chains.end()) {
      if (chains.size() == kPruneChains) return false;
      chains.push_back(std::move(entry.chain));
    }
    doomed.push_back(tables::from_big_endian(key));
    return true;
  });
  return doomed;
}

Error not_as_written(uint64_t number) {
  return Error{ErrorCode::invalid, "the audit log was altered at entry " + std::to_string(number) +
                                       ", so nothing is removed from it; run authd audit verify"};
}

// Removes the entry from the beginning of its chain, but only if the chain proves it: the head is
// signed again afterwards, which would hide an earlier tampering.
Result<void> take_first(const Services& s, store::WriteTxn& tx, uint64_t number,
                        std::map<std::string, tables::AuditHead>& heads) {
  const std::string key = tables::big_endian(number);
  const auto entry = tables::audit_entries.find(tx, key);
  if (!entry) return not_as_written(number);
  auto place = heads.find(entry->chain);
  if (place == heads.end()) {
    auto head = signed_head(s, tx, entry->chain);
    if (!head) return not_as_written(number);
    place = heads.emplace(entry->chain, std::move(*head)).first;
  }
  tables::AuditHead& head = place->second;
  if (entry->number != number || head.is_empty() || sequence_of(*entry) != head.first ||
      !equal_constant_time(entry->mac, audit_mac(s, *entry, head.base_mac))) {
    return not_as_written(number);
  }
  tables::audit_entries.del(tx, key);
  head.base_mac = entry->mac;
  head.first += 1;
  return {};
}

}  // namespace

Origin by(Origin origin, UserId user) {
  origin.actor = user;
  return origin;
}

void audit(const Services& s, store::WriteTxn& tx, const Origin& origin, const AuditEvent& event,
           Time now) {
  tables::AuditHead head = own_head(s, tx, now);
  tables::AuditEntry entry;
  entry.at = now;
  entry.action = event.action;
  entry.outcome = event.outcome;
  entry.actor = origin.actor;
  entry.operator_name = origin.operator_name;
  entry.subject = event.subject;
  entry.target = event.target;
  entry.address = origin.address == IpAddress{} ? "" : origin.address.to_string();
  entry.request_id = origin.request_id;
  entry.detail = event.detail;
  entry.actor_name = name_of(tx, origin.actor);
  entry.subject_name =
      event.subject == origin.actor ? entry.actor_name : name_of(tx, event.subject);
  append_entry(s, tx, head, std::move(entry), now);
  put_head(s, tx, std::move(head));
}

Result<void> audit_alone(const Services& s, const Origin& origin, const AuditEvent& event) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    audit(s, tx, origin, event, now);
    return {};
  });
}

uint64_t look_back(store::ReadTxn& tx, uint64_t before, size_t most,
                   FunctionRef<bool(tables::AuditEntry& entry)> visit) {
  uint64_t next = 0;
  size_t looked = 0;
  bool has_more = false;
  tables::audit_entries.scan_back(tx, "", before == 0 ? "" : tables::big_endian(before),
                                  [&](std::string_view key, tables::AuditEntry entry) {
                                    has_more = looked == most;
                                    if (has_more) return false;
                                    looked += 1;
                                    next = tables::from_big_endian(key);
                                    has_more = !entry.is_checkpoint() && !visit(entry);
                                    return !has_more;
                                  });
  return has_more ? next : 0;
}

Result<std::vector<tables::AuditEntry>> list_audit(const Services& s, const AuditFilter& filter) {
  std::vector<tables::AuditEntry> found;
  uint64_t before = filter.before;
  bool is_over = false;
  // Page by page, so that no read transaction takes long.
  while (!is_over) {
    std::vector<tables::AuditEntry> page;
    before = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<uint64_t> {
      page.clear();
      is_over = false;
      return look_back(tx, before, kPage, [&](tables::AuditEntry& entry) {
        is_over = entry.at < filter.since;
        if (!is_over && matches(filter, entry)) page.push_back(std::move(entry));
        is_over = is_over || found.size() + page.size() >= filter.limit;
        return !is_over;
      });
    }));
    is_over = is_over || before == 0;
    std::move(page.begin(), page.end(), std::back_inserter(found));
  }
  return found;
}

Result<bool> write_checkpoint(const Services& s, Time now, Milliseconds pace) {
  // Read outside the write transaction, which then touches no row of another writer.
  const std::vector<tables::AuditHead> heads =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::AuditHead>> {
        std::vector<tables::AuditHead> found = audit_heads_of(s, tx);
        if (!is_checkpoint_due(s, tx, found, now, pace)) found.clear();
        return found;
      }));
  if (heads.empty()) return false;
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::AuditHead own = own_head(s, tx, now);
    tables::AuditEntry entry;
    entry.at = now;
    entry.action = "checkpoint";
    entry.outcome = "ok";
    for (const tables::AuditHead& head : heads)
      entry.heads.push_back(encode_listed(head));
    append_entry(s, tx, own, std::move(entry), now);
    put_head(s, tx, std::move(own));
    return {};
  }));
  return true;
}

Result<size_t> prune_audit(const Services& s, Time now) {
  const Time oldest = now - s.config.audit.retention;
  const std::vector<uint64_t> doomed =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<uint64_t>> {
        return find_doomed(tx, oldest);
      }));
  if (doomed.empty()) return size_t{0};
  return s.store.write([&](store::WriteTxn& tx) -> Result<size_t> {
    std::map<std::string, tables::AuditHead> heads;
    for (const uint64_t number : doomed)
      TRY(take_first(s, tx, number, heads));
    auto chains = tables::audit_chains.find(tx, kChainsKey);
    if (chains && !is_signed(s, *chains)) return not_as_written(doomed.front());
    for (auto& [name, head] : heads) {
      // Its writer may never return. If it does, it opens the chain again.
      if (chains && head.is_empty() && name != s.writer) {
        tables::audit_heads.del(tx, audit_head_key(name));
        std::erase(chains->names, name);
      } else {
        put_head(s, tx, std::move(head));
      }
    }
    if (chains) {
      chains->pruned_to = std::max(chains->pruned_to, doomed.back());
      put_chains(s, tx, std::move(*chains));
    }
    return doomed.size();
  });
}

}  // namespace authd::auth
