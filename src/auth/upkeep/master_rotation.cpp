#include "auth/upkeep/master_rotation.h"

#include "auth/core/audit/audit.h"

namespace authd::auth {
namespace {

// Rows read in one read transaction, which keeps pages from being reused while it is open.
constexpr size_t kLookBatch = 10'000;

template <typename Row>
bool is_stale(const Row& row, const std::string& id) {
  bool found = false;
  visit_sealed(row, [&](const std::string& sealed, const std::string&, const std::string&) {
    found = found || crypto::MasterKey::id_of(sealed) != id;
  });
  return found;
}

// The rows that one read of a table found.
struct Stale {
  std::vector<std::string> keys;
  std::string next;  // where to continue
  bool is_end = false;
};

template <typename T>
Result<Stale> find_stale(const Services& s, const T& table, const std::string& from) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<Stale> {
    const std::string id = sealing_key(tx);
    Stale found;
    found.is_end = true;
    size_t looked = 0;
    table.scan(tx, from, "", [&](std::string_view key, const typename T::RowType& row) {
      found.next = std::string(key);
      found.is_end = false;
      if (looked == kLookBatch || found.keys.size() == kSealBatch) return false;
      looked += 1;
      if (is_stale(row, id)) found.keys.emplace_back(key);
      found.is_end = true;
      return true;
    });
    return found;
  });
}

// Reads each row again, because it may have changed or been deleted.
template <typename T>
Result<SealedAnew> seal_rows(const Services& s, const T& table,
                             const std::vector<std::string>& keys) {
  static_assert(kSealBatch * T::kRowWrites <= tables::kWriteBudget);
  return s.store.write([&](store::WriteTxn& tx) -> Result<SealedAnew> {
    const std::string id = sealing_key(tx);
    SealedAnew done;
    for (const std::string& key : keys) {
      auto row = table.find(tx, key);
      if (!row) continue;
      bool is_changed = false;
      visit_sealed(*row, [&](std::string& sealed, const std::string& context, const std::string&) {
        if (crypto::MasterKey::id_of(sealed) == id) return;
        std::optional<std::string> renewed = s.master_key.renew(sealed, context, id, s.random);
        done.broken += renewed ? 0 : 1;
        if (!renewed) return;
        sealed = std::move(*renewed);
        is_changed = true;
      });
      if (!is_changed) continue;
      table.rewrite(tx, key, *row);  // No index contains a sealed value.
      done.rows += 1;
    }
    return done;
  });
}

}  // namespace

Result<bool> begin_master_rotation(const Services& s, std::string_view id, const Origin& origin) {
  const Time now = s.clock.now();
  const bool is_begun = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    std::optional<tables::ServerSecret> row = tables::server_secrets.find(tx, kServerSecret);
    if (!row) throw store::Fault(store::FaultKind::corrupt, "the server's secret is missing");
    const std::string old = crypto::MasterKey::id_of(row->sealed);
    if (old == id) return false;
    std::optional<std::string> renewed;
    visit_sealed(*row,
                 [&](const std::string& sealed, const std::string& context, const std::string&) {
                   renewed = s.master_key.renew(sealed, context, id, s.random);
                 });
    if (!renewed) {
      return Error{ErrorCode::unavailable, "the master key " + std::string(id) +
                                               " cannot take over: it or the previous one (" + old +
                                               ") is not in the file"};
    }
    row->sealed = std::move(*renewed);
    tables::server_secrets.put(tx, kServerSecret, *row);
    audit(s, tx, origin, {"master_key_rotated", std::nullopt, "ok", id, "before: " + old}, now);
    return true;
  }));
  s.master_key.seal_with(id);
  return is_begun;
}

Result<SealedAnew> seal_anew(const Services& s, const std::function<void(uint64_t)>& progress) {
  SealedAnew all;
  Result<void> outcome;
  for_each_sealed_table([&](const auto& table) {
    Stale stale;
    while (outcome && !stale.is_end) {
      outcome = [&]() -> Result<void> {
        stale = TRY(find_stale(s, table, stale.next));
        if (stale.keys.empty()) return {};
        const SealedAnew done = TRY(seal_rows(s, table, stale.keys));
        all.rows += done.rows;
        all.broken += done.broken;
        progress(all.rows);
        return {};
      }();
    }
  });
  if (!outcome) return outcome.error();
  return all;
}

}  // namespace authd::auth
