#include "auth/upkeep/audit_verify.h"

#include <algorithm>
#include <map>

#include "auth/core/audit/audit_chain.h"
#include "base/encoding.h"

namespace authd::auth {
namespace {

// Entries read in one read transaction.
constexpr size_t kPage = 1000;

std::string entry_text(uint64_t number) {
  return "entry " + std::to_string(number);
}

// Calls `visit(key, row)` for the rows from `first` on until it returns false. `row` is null when
// the bytes do not decode.
template <typename T, typename Visit>
void scan_any(store::ReadTxn& tx, const T& table, std::string_view first, Visit&& visit) {
  using Row = typename T::RowType;
  const char prefix = table.prefix();
  tx.scan(table.full_key(first), tables::end_of_prefix({&prefix, 1}),
          [&](std::string_view key, std::string_view value) -> bool {
            std::optional<Row> row;
            try {
              row = tables::decode_row<Row>(value, table.name());
            } catch (const store::Fault& fault) {
              if (fault.kind() != store::FaultKind::corrupt) throw;
            }
            return visit(key.substr(1), row ? &*row : nullptr);
          });
}

class Verifier {
 public:
  explicit Verifier(const Services& s) : s_(s) {}

  // Records where each chain ends. Later entries are not checked.
  void begin(store::ReadTxn& tx);
  // Checks the next page; false at the end of the table.
  bool check_page(store::ReadTxn& tx);
  // Checks that each chain was found up to its end.
  void finish();

  bool has_problem() const { return !problem_.empty(); }
  uint64_t checked() const { return checked_; }
  uint64_t total() const { return total_; }
  AuditVerdict verdict() &&;

 private:
  struct Chain {
    tables::AuditHead end;  // when the check began
    tables::AuditHead now;  // in the current transaction
    uint64_t next = 0;      // sequence
    std::string previous;   // MAC of the entry before it
    AuditSpan span;
  };

  void find(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }
  bool is_listed(std::string_view name) const {
    return std::find(list_.names.begin(), list_.names.end(), name) != list_.names.end();
  }
  void read_list(store::ReadTxn& tx);
  void catch_up(store::ReadTxn& tx);
  void check_entry(store::ReadTxn& tx, uint64_t number, const tables::AuditEntry& entry);
  void check_in_chain(store::ReadTxn& tx, Chain& chain, const tables::AuditEntry& entry);
  void check_heads(store::ReadTxn& tx, const tables::AuditEntry& checkpoint);

  const Services& s_;
  tables::AuditChains list_;
  std::map<std::string, Chain, std::less<>> chains_;
  uint64_t position_ = 0;  // all entries with smaller numbers are checked
  uint64_t checked_ = 0;
  uint64_t total_ = 0;
  uint64_t checkpoints_ = 0;
  uint64_t checkpoint_ = 0;
  Time checkpoint_at_;
  std::string problem_;
};

void Verifier::read_list(store::ReadTxn& tx) {
  const auto list = tables::audit_chains.find(tx, kChainsKey);
  if (list && !is_signed(s_, *list)) find("the list of chains was altered");
  list_ = list.value_or(tables::AuditChains{});
  // The list does not exist until a release that has chains writes its first entry.
  if (!list && tables::audit_heads.find(tx, audit_head_key(""))) list_.names.emplace_back();
}

void Verifier::begin(store::ReadTxn& tx) {
  read_list(tx);
  scan_any(tx, tables::audit_heads, "", [&](std::string_view key, const tables::AuditHead* row) {
    if (row == nullptr) {
      find("the head of a chain cannot be read");
      return false;
    }
    const tables::AuditHead& head = *row;
    if (key != audit_head_key(head.chain) || !is_signed(s_, head)) {
      find("the head of " + chain_label(head.chain) + " was altered");
    } else if (!is_listed(head.chain)) {
      find(chain_label(head.chain) + " is not in the list of chains");
    }
    Chain chain{
        .end = head, .now = head, .next = head.first, .previous = head.base_mac, .span = {}};
    chain.span.chain = head.chain;
    if (!head.is_empty()) total_ += head.last - head.first + 1;
    chains_.emplace(head.chain, std::move(chain));
    return true;
  });
  for (const std::string& name : list_.names) {
    if (!chains_.contains(name)) find("the head of " + chain_label(name) + " is missing");
  }
}

// Since the previous page, chains may have been pruned and others opened.
void Verifier::catch_up(store::ReadTxn& tx) {
  read_list(tx);
  for (auto place = chains_.begin(); place != chains_.end();) {
    Chain& chain = place->second;
    auto head = signed_head(s_, tx, place->first);
    if (!head && !is_listed(place->first)) {  // Pruned completely, then closed.
      place = chains_.erase(place);
      continue;
    }
    if (!head) {
      find("the head of " + chain_label(place->first) + " was altered or is missing");
    } else {
      chain.now = std::move(*head);
      if (chain.now.first > chain.next) {
        chain.next = chain.now.first;
        chain.previous = chain.now.base_mac;
      }
    }
    ++place;
  }
}

bool Verifier::check_page(store::ReadTxn& tx) {
  catch_up(tx);
  size_t looked = 0;
  const auto take = [&](std::string_view key, const tables::AuditEntry* entry) {
    if (looked == kPage || has_problem()) return false;
    looked += 1;
    if (key.size() != sizeof(uint64_t) || entry == nullptr) {
      find("a row of the log cannot be read; its key is " + hex_encode(key));
      return false;
    }
    const uint64_t number = tables::from_big_endian(key);
    check_entry(tx, number, *entry);
    position_ = number + 1;
    return true;
  };
  scan_any(tx, tables::audit_entries, tables::big_endian(position_), take);
  return looked == kPage;
}

void Verifier::check_entry(store::ReadTxn& tx, uint64_t number, const tables::AuditEntry& entry) {
  if (entry.number != number) return find(entry_text(number) + " was altered");
  const auto place = chains_.find(entry.chain);
  if (place != chains_.end()) return check_in_chain(tx, place->second, entry);
  // A chain that was opened after the check began is not checked.
  const auto head = is_listed(entry.chain) ? signed_head(s_, tx, entry.chain) : std::nullopt;
  if (!head || sequence_of(entry) < head->first || sequence_of(entry) > head->last) {
    find(entry_text(number) + " belongs to no chain: it was inserted, or the head of " +
         chain_label(entry.chain) + " is missing");
  }
}

void Verifier::check_in_chain(store::ReadTxn& tx, Chain& chain, const tables::AuditEntry& entry) {
  const std::string text = entry_text(entry.number);
  const uint64_t sequence = sequence_of(entry);
  if (sequence < chain.now.first || sequence > chain.now.last) {
    return find(text + " is not between the ends of " + chain_label(entry.chain));
  }
  if (sequence > chain.end.last) return;
  if (sequence < chain.next) return find(text + " was inserted");
  if (sequence > chain.next) {
    return find("before " + text + ", " + std::to_string(sequence - chain.next) +
                (sequence - chain.next == 1 ? " entry of " : " entries of ") +
                chain_label(entry.chain) + " is missing");
  }
  if (!equal_constant_time(entry.mac, audit_mac(s_, entry, chain.previous))) {
    return find(text + " was altered");
  }
  if (entry.action == kLogDamaged) {
    return find("the entries of " + chain_label(entry.chain) + " before " + text +
                " or their head were removed or altered");
  }
  chain.next += 1;
  chain.previous = entry.mac;
  checked_ += 1;
  AuditSpan& span = chain.span;
  span.entries += 1;
  if (span.first == 0) {
    span.first = entry.number;
    span.first_at = entry.at;
  }
  span.last = entry.number;
  span.last_at = entry.at;
  if (entry.is_checkpoint()) check_heads(tx, entry);
}

// Every entry that a checkpoint names must exist, unless retention has pruned it.
void Verifier::check_heads(store::ReadTxn& tx, const tables::AuditEntry& checkpoint) {
  checkpoints_ += 1;
  checkpoint_ = checkpoint.number;
  checkpoint_at_ = checkpoint.at;
  for (const std::string& bytes : checkpoint.heads) {
    const std::optional<ListedHead> listed = decode_listed(bytes);
    if (!listed) return find(entry_text(checkpoint.number) + " cannot be read");
    if (listed->number <= list_.pruned_to) continue;
    const auto entry = tables::audit_entries.find(tx, tables::big_endian(listed->number));
    if (!entry || entry->chain != listed->chain || sequence_of(*entry) != listed->sequence ||
        entry->mac != listed->mac) {
      return find(entry_text(listed->number) + " of " + chain_label(listed->chain) +
                  " is missing or was altered; the checkpoint " +
                  std::to_string(checkpoint.number) + " names it");
    }
  }
}

void Verifier::finish() {
  for (const auto& [name, chain] : chains_) {
    if (chain.next <= chain.end.last) {
      find("the last " + std::to_string(chain.end.last + 1 - chain.next) + " entries of " +
           chain_label(name) + " are missing");
    } else if (chain.next == chain.end.last + 1 && chain.previous != chain.end.last_mac) {
      find("the end of " + chain_label(name) + " was altered");
    }
  }
}

AuditVerdict Verifier::verdict() && {
  AuditVerdict verdict;
  verdict.checked = checked_;
  verdict.problem = std::move(problem_);
  for (auto& [name, chain] : chains_)
    verdict.chains.push_back(std::move(chain.span));
  verdict.checkpoints = checkpoints_;
  verdict.checkpoint = checkpoint_;
  verdict.checkpoint_at = checkpoint_at_;
  return verdict;
}

}  // namespace

Result<AuditVerdict> verify_audit(const Services& s,
                                  const std::function<void(uint64_t, uint64_t)>& progress,
                                  const Stopping& stopping) {
  Verifier verifier(s);
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    verifier.begin(tx);
    return {};
  }));
  bool has_more = true;
  while (has_more && !verifier.has_problem()) {
    if (is_asked(stopping)) return given_up();
    has_more = TRY(
        s.store.read([&](store::ReadTxn& tx) -> Result<bool> { return verifier.check_page(tx); }));
    if (verifier.total() > 0) progress(verifier.checked(), verifier.total());
  }
  verifier.finish();
  return std::move(verifier).verdict();
}

}  // namespace authd::auth
