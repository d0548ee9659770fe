#include "auth/core/audit.h"

#include <algorithm>

#include "auth/core/server_mac.h"
#include "base/encoding.h"

namespace authd::auth {
namespace {

constexpr std::string_view kCurrent = "current";

// Entries that one read transaction looks at.
constexpr size_t kPage = 1000;
constexpr size_t kPruneBatch = tables::kWriteBudget - 1;  // and the head

std::string mac_of(const Services& s, tables::AuditEntry entry, std::string_view previous) {
  entry.mac.clear();
  return server_mac(s, "audit", std::string(previous) + tables::encode_row(entry));
}

std::string mac_of(const Services& s, tables::AuditHead head) {
  head.mac.clear();
  return server_mac(s, "audit head", tables::encode_row(head));
}

tables::AuditHead head_of(store::Reader& tx) {
  return tables::audit_heads.find(tx, kCurrent).value_or(tables::AuditHead{});
}

void put_head(const Services& s, store::WriteTxn& tx, tables::AuditHead head) {
  head.mac = mac_of(s, head);
  tables::audit_heads.put(tx, kCurrent, head);
}

bool matches(const AuditFilter& filter, const tables::AuditEntry& entry) {
  if (filter.user.value != 0 && entry.actor != filter.user && entry.subject != filter.user) {
    return false;
  }
  return filter.action.empty() || entry.action == filter.action;
}

// Checks entries from `next` on against `previous`, at most a page of them.
std::string check_page(const Services& s, store::ReadTxn& tx, uint64_t& next, uint64_t last,
                       std::string& previous) {
  for (size_t i = 0; i < kPage && next <= last; ++i, ++next) {
    const std::optional<tables::AuditEntry> entry =
        tables::audit_entries.find(tx, tables::big_endian(next));
    if (!entry) return "entry " + std::to_string(next) + " is missing";
    if (!equal_constant_time(entry->mac, mac_of(s, *entry, previous))) {
      return "entry " + std::to_string(next) + " was altered";
    }
    previous = entry->mac;
  }
  return "";
}

}  // namespace

void audit(const Services& s, store::WriteTxn& tx, const Origin& origin, const AuditEvent& event,
           Time now) {
  tables::AuditHead head = head_of(tx);
  tables::AuditEntry entry;
  entry.number = head.last + 1;
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
  entry.mac = mac_of(s, entry, head.last_mac);
  tables::audit_entries.put(tx, tables::big_endian(entry.number), entry);
  head.last = entry.number;
  head.last_mac = entry.mac;
  put_head(s, tx, head);
}

Result<void> audit_alone(const Services& s, const Origin& origin, const AuditEvent& event) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    audit(s, tx, origin, event, now);
    return {};
  });
}

Result<std::vector<tables::AuditEntry>> list_audit(const Services& s, const AuditFilter& filter) {
  std::vector<tables::AuditEntry> found;
  uint64_t next = 0;
  bool is_first = true;
  bool is_over = false;
  // Page by page, so that no read transaction lives long.
  while (!is_over) {
    TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
      const tables::AuditHead head = head_of(tx);
      if (is_first) next = filter.before == 0 ? head.last : std::min(filter.before - 1, head.last);
      is_first = false;
      size_t looked = 0;
      for (; next >= head.first && next > 0 && looked < kPage && found.size() < filter.limit;
           --next, ++looked) {
        std::optional<tables::AuditEntry> entry =
            tables::audit_entries.find(tx, tables::big_endian(next));
        if (!entry) continue;
        if (entry->at < filter.since) {
          is_over = true;
          return {};
        }
        if (matches(filter, *entry)) found.push_back(std::move(*entry));
      }
      is_over = next < head.first || next == 0 || found.size() >= filter.limit;
      return {};
    }));
  }
  return found;
}

Result<AuditVerdict> verify_audit(const Services& s,
                                  const std::function<void(uint64_t, uint64_t)>& progress,
                                  const Stopping& stopping) {
  AuditVerdict verdict;
  tables::AuditHead head;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    head = head_of(tx);
    const bool has_entries = [&] {
      bool any = false;
      tables::audit_entries.scan(tx, "", "", [&](std::string_view, const tables::AuditEntry&) {
        any = true;
        return false;
      });
      return any;
    }();
    if (head.last == 0 && !has_entries) return {};
    if (!equal_constant_time(head.mac, mac_of(s, head))) {
      verdict.problem = "the head of the log was altered or is missing";
    }
    return {};
  }));
  std::string previous = head.base_mac;
  uint64_t next = head.first;
  while (verdict.problem.empty() && next <= head.last) {
    if (is_asked(stopping)) return given_up();
    TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
      const tables::AuditHead now = head_of(tx);
      if (now.first > next) {  // Pruned meanwhile.
        next = now.first;
        previous = now.base_mac;
      }
      const uint64_t before = next;
      verdict.problem = check_page(s, tx, next, head.last, previous);
      verdict.checked += next - before;
      return {};
    }));
    progress(verdict.checked, head.last - head.first + 1);
  }
  if (verdict.problem.empty() && next == head.last + 1 && previous != head.last_mac) {
    verdict.problem = "the end of the log was altered";
  }
  return verdict;
}

Result<size_t> prune_audit(const Services& s, Time now) {
  const Time oldest = now - s.config.audit.retention;
  return s.store.write([&](store::WriteTxn& tx) -> Result<size_t> {
    tables::AuditHead head = head_of(tx);
    size_t removed = 0;
    while (removed < kPruneBatch && head.first <= head.last) {
      const std::optional<tables::AuditEntry> entry =
          tables::audit_entries.find(tx, tables::big_endian(head.first));
      if (!entry || entry->at >= oldest) break;
      tables::audit_entries.del(tx, tables::big_endian(head.first));
      head.base_mac = entry->mac;
      head.first += 1;
      removed += 1;
    }
    if (removed > 0) put_head(s, tx, head);
    return removed;
  });
}

}  // namespace authd::auth
