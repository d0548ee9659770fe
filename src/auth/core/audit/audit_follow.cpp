#include "auth/core/audit/audit_follow.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/audit/audit_chain.h"
#include "base/encoding.h"
#include "tables/rows/keys.h"

namespace authd::auth {
namespace {

// Rows read in one transaction.
constexpr size_t kPage = 1000;
constexpr size_t kNumberBytes = 8;

uint64_t read_up_to(const AuditPlace& place, std::string_view chain) {
  const auto found = place.chains.find(chain);
  return found == place.chains.end() ? place.newest : found->second;
}

// Where the chains end.
std::map<std::string, uint64_t, std::less<>> ends_of(const Services& s, store::Reader& tx) {
  std::map<std::string, uint64_t, std::less<>> ends;
  for (const tables::AuditHead& head : audit_heads_of(s, tx))
    ends[head.chain] = number_of(head);
  return ends;
}

// Reads one page; returns whether the chains end there.
bool read_page(const Services& s, store::ReadTxn& tx, size_t most, FollowedAudit& found) {
  const AuditPlace after = found.next;
  const auto ends = ends_of(s, tx);
  std::optional<uint64_t> from;
  for (const auto& [chain, end] : ends) {
    const uint64_t read = read_up_to(after, chain);
    if (end > read) from = std::min(from.value_or(read), read);
  }
  uint64_t last = 0;
  size_t looked = 0;
  bool is_cut = false;
  const auto visit = [&](std::string_view, tables::AuditEntry entry) {
    is_cut = looked == kPage || found.entries.size() == most;
    if (is_cut) return false;
    looked += 1;
    last = entry.number;
    const bool is_new = entry.number > read_up_to(after, entry.chain);
    if (is_new && !entry.is_checkpoint()) found.entries.push_back(std::move(entry));
    return true;
  };
  if (from) tables::audit_entries.scan(tx, tables::big_endian(*from + 1), "", visit);
  found.next.chains.clear();
  for (const auto& [chain, end] : ends) {
    // What a chain gets later has a greater number than its end.
    const uint64_t read = is_cut ? std::min(end, last) : end;
    found.next.chains[chain] = std::max(read_up_to(after, chain), read);
    if (!is_cut) found.next.newest = std::max(found.next.newest, end);
  }
  return !is_cut;
}

}  // namespace

std::string text_of_place(const AuditPlace& place) {
  std::string bytes = tables::big_endian(place.newest);
  for (const auto& [chain, number] : place.chains)
    bytes += tables::big_endian(number) + static_cast<char>(chain.size()) + chain;
  return base64url_encode(bytes);
}

Result<AuditPlace> parse_audit_place(std::string_view text, std::string_view field) {
  const Error wrong{ErrorCode::invalid, "This is no place in the log: send one from a reply.",
                    std::string(field)};
  const std::optional<std::string> bytes = base64url_decode(text);
  if (!bytes || bytes->size() < kNumberBytes) return wrong;
  std::string_view rest(*bytes);
  AuditPlace place;
  place.newest = tables::from_big_endian(rest);
  rest.remove_prefix(kNumberBytes);
  while (!rest.empty()) {
    if (rest.size() <= kNumberBytes) return wrong;
    const uint64_t number = tables::from_big_endian(rest);
    const size_t length = static_cast<uint8_t>(rest[kNumberBytes]);
    rest.remove_prefix(kNumberBytes + 1);
    if (rest.size() < length) return wrong;
    place.chains[std::string(rest.substr(0, length))] = number;
    rest.remove_prefix(length);
  }
  return place;
}

Result<AuditPlace> end_of_audit(const Services& s) {
  return s.store.read(
      [&](store::ReadTxn& tx) -> Result<AuditPlace> { return end_of_audit(s, tx); });
}

AuditPlace end_of_audit(const Services& s, store::Reader& tx) {
  AuditPlace place;
  place.chains = ends_of(s, tx);
  for (const auto& [chain, end] : place.chains)
    place.newest = std::max(place.newest, end);
  return place;
}

AuditPlace audit_place_at(Time since) {
  const uint64_t first = first_audit_number(since);
  return {{}, first == 0 ? 0 : first - 1};
}

bool is_before(const tables::AuditEntry& entry, const AuditPlace& place) {
  return entry.number <= read_up_to(place, entry.chain);
}

void move_behind(AuditPlace& place, const tables::AuditEntry& entry) {
  place.chains[entry.chain] = std::max(entry.number, read_up_to(place, entry.chain));
}

Result<FollowedAudit> follow_audit(const Services& s, const AuditPlace& after, size_t most) {
  FollowedAudit found{{}, after};
  for (bool is_over = false; !is_over && found.entries.empty();) {
    const AuditPlace begun = found.next;
    is_over = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
      found = {{}, begun};
      return read_page(s, tx, most, found);
    }));
  }
  return found;
}

}  // namespace authd::auth
