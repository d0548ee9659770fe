#include "auth/upkeep/ended_ways.h"

#include <algorithm>
#include <optional>

#include "auth/accounts/account/api_keys.h"
#include "auth/core/ways.h"
#include "tables/identities.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// The last write is for the mark.
static_assert(kErasedWays * std::max({decltype(tables::identities)::kDelWrites,
                                      decltype(tables::api_keys)::kDelWrites,
                                      decltype(tables::passkeys)::kDelWrites,
                                      decltype(tables::factors)::kDelWrites}) +
                  decltype(tables::ended_ways)::kDelWrites <=
              tables::kWriteBudget);

// Nothing of a deleted user is valid.
template <typename Row>
bool is_ended(const std::optional<tables::User>& user, const Row& row) {
  return !user || !is_current(*user, row);
}

struct Ended {
  UserId user;
  uint64_t mark = 0;
  std::vector<uint64_t> api_keys;
  std::vector<tables::Identity> identities;
  std::vector<std::string> passkeys;  // keys of the rows
  bool has_factors = false;

  size_t size() const {
    return api_keys.size() + identities.size() + passkeys.size() + (has_factors ? 1 : 0);
  }
};

void look_at(store::ReadTxn& tx, Ended& ended) {
  const std::optional<tables::User> user = tables::find_user(tx, ended.user);
  const std::string prefix = tables::big_endian(ended.user.value);
  const auto factors = tables::factors.find(tx, prefix);
  ended.has_factors = factors && is_ended(user, *factors);
  for (tables::Identity& identity : tables::identities_of(tx, ended.user)) {
    if (ended.size() >= kErasedWays) return;
    if (is_ended(user, identity)) ended.identities.push_back(std::move(identity));
  }
  tables::api_keys.scan(tx, prefix, tables::end_of_prefix(prefix),
                        [&](std::string_view, const tables::ApiKey& key) {
                          if (ended.size() >= kErasedWays) return false;
                          if (is_ended(user, key)) ended.api_keys.push_back(key.number);
                          return true;
                        });
  tables::passkeys.scan(tx, prefix, tables::end_of_prefix(prefix),
                        [&](std::string_view key, const tables::Passkey& passkey) {
                          if (ended.size() >= kErasedWays) return false;
                          if (is_ended(user, passkey)) ended.passkeys.emplace_back(key);
                          return true;
                        });
}

// nullopt when nobody has any.
Result<std::optional<Ended>> find_ended(const Services& s) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<Ended>> {
    std::optional<Ended> ended;
    tables::ended_ways.scan(tx, "", "", [&](std::string_view key, const tables::EndedWays& mark) {
      ended.emplace();
      ended->user = UserId{tables::from_big_endian(key)};
      ended->mark = mark.epochs;
      return false;
    });
    if (ended) look_at(tx, *ended);
    return ended;
  });
}

// Reads each row again, because it may have been replaced by a valid one.
size_t erase(store::WriteTxn& tx, const Ended& ended) {
  const std::optional<tables::User> user = tables::find_user(tx, ended.user);
  const std::string prefix = tables::big_endian(ended.user.value);
  size_t erased = 0;
  for (const uint64_t number : ended.api_keys) {
    const std::string row = api_key_row(ended.user, number);
    const auto key = tables::api_keys.find(tx, row);
    if (!key || !is_ended(user, *key)) continue;
    tables::api_keys.del(tx, row);
    erased += 1;
  }
  for (const tables::Identity& seen : ended.identities) {
    const auto identity = tables::find_identity(tx, seen.provider, seen.subject);
    if (!identity || identity->user != ended.user || !is_ended(user, *identity)) continue;
    tables::delete_identity(tx, *identity);
    erased += 1;
  }
  for (const std::string& row : ended.passkeys) {
    const auto passkey = tables::passkeys.find(tx, row);
    if (!passkey || !is_ended(user, *passkey)) continue;
    tables::passkeys.remove(tx, *passkey);
    erased += 1;
  }
  const auto factors = ended.has_factors ? tables::factors.find(tx, prefix) : std::nullopt;
  if (factors && is_ended(user, *factors)) {
    tables::factors.del(tx, prefix);
    erased += 1;
  }
  return erased;
}

}  // namespace

Result<ErasedWays> erase_ended_ways(const Services& s) {
  const std::optional<Ended> found = TRY(find_ended(s));
  if (!found) return ErasedWays{};
  const Ended& ended = *found;
  return s.store.write([&](store::WriteTxn& tx) -> Result<ErasedWays> {
    const size_t erased = erase(tx, ended);
    const std::string key = tables::big_endian(ended.user.value);
    const auto mark = tables::ended_ways.find(tx, key);
    // More may have ended since they were read.
    const bool is_all = ended.size() < kErasedWays && mark && mark->epochs == ended.mark;
    if (is_all) tables::ended_ways.del(tx, key);
    return ErasedWays{erased, true};
  });
}

}  // namespace authd::auth
