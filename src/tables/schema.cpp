#include "tables/schema.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "tables/rows/session_life.h"

namespace authd::tables {
namespace {

template <const auto& table>
void dump(JsonWriter& json, std::string_view bytes) {
  using Row = typename std::remove_cvref_t<decltype(table)>::RowType;
  dump_row(json, decode_row<Row>(bytes, "dump"));
}

template <const auto& table>
std::optional<Time> expire(store::WriteTxn& tx, std::string_view key, Time now) {
  return table.expire(tx, key, now);
}

template <const auto& table>
constexpr TableInfo info() {
  TableInfo made{table.prefix(), table.name(), &dump<table>, nullptr};
  if constexpr (std::remove_cvref_t<decltype(table)>::kExpires) made.expire = &expire<table>;
  return made;
}

constexpr std::array kInfos = []<const auto&... table>(TableList<table...>) {
  return std::array{info<table>()...};
}
(AllTables{});

constexpr bool is_each_its_own() {
  for (size_t i = 0; i < kInfos.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (kInfos[i].prefix == kInfos[j].prefix ||
          std::string_view(kInfos[i].name) == kInfos[j].name) {
        return false;
      }
    }
  }
  return true;
}
static_assert(is_each_its_own(), "two tables have one prefix or one name");

}  // namespace

std::optional<Entry<Mark>> session_by_user(const Session& session) {
  return Entry<Mark>{big_endian(session.user.value) + session.id, {}};
}

std::optional<Entry<IdentityKey>> identity_by_user(const Identity& identity) {
  return Entry<IdentityKey>{big_endian(identity.user.value) + identity.provider,
                            {identity.subject, {}}};
}

std::string identity_of_entry(std::string_view entry_key, const IdentityKey& entry) {
  Identity identity;
  identity.provider = after_number(entry_key);
  identity.subject = entry.subject;
  return identities.key_of(identity);
}

std::optional<Entry<Mark>> grant_by_user(const Grant& grant) {
  return Entry<Mark>{big_endian(grant.user.value) + grant.id, {}};
}

std::optional<Entry<Reference>> passkey_by_id(const Passkey& passkey) {
  return Entry<Reference>{passkey.id_hash, {passkey.user.value, {}}};
}

std::string passkey_of_entry(std::string_view entry_key, const Reference& entry) {
  return big_endian(entry.id) + std::string(entry_key);
}

std::optional<Entry<Mark>> device_grant_by_user_code(const DeviceGrant& grant) {
  return Entry<Mark>{grant.user_code + grant.id, {}};
}

std::optional<Entry<Mark>> logout_by_due_time(const LogoutDelivery& delivery) {
  if (delivery.state != DeliveryState::waiting) return std::nullopt;
  return Entry<Mark>{big_endian(delivery.due_at) + delivery.id, {}};
}

std::optional<Entry<Mark>> webhook_delivery_by_due_time(const WebhookDelivery& delivery) {
  if (delivery.state != DeliveryState::waiting) return std::nullopt;
  return Entry<Mark>{std::string(delivery.endpoint()) + big_endian(delivery.due_at) +
                         delivery.id.substr(kWebhookIdBytes),
                     {}};
}

std::string webhook_delivery_of_entry(std::string_view entry_key, const Mark&) {
  return std::string(entry_key.substr(0, kWebhookIdBytes)) +
         std::string(entry_key.substr(kWebhookIdBytes + kNumberBytes));
}

std::optional<Entry<Mark>> mail_by_due_time(const Mail& mail) {
  if (mail.dead) return std::nullopt;
  return Entry<Mark>{big_endian(mail.due_at) + mail.id, {}};
}

Time SessionEnd::first(const Session& session) {
  if (session.idle_ms == 0) return session.expires_at;
  return std::min(session.expires_at,
                  session.auth_time + Milliseconds(session.idle_ms) + kActivityLag);
}

Time SessionEnd::due(store::Reader& tx, const Session& session, Time now) {
  if (session.idle_ms == 0) return session.expires_at;
  const std::optional<User> user = users.find(tx, big_endian(session.user.value));
  return user ? std::min(session.expires_at, *idle_end(session, *user)) : now;
}

std::span<const TableInfo> all_tables() {
  return kInfos;
}

const TableInfo* find_table(char prefix) {
  const auto found = std::find_if(kInfos.begin(), kInfos.end(),
                                  [&](const TableInfo& table) { return table.prefix == prefix; });
  return found == kInfos.end() ? nullptr : &*found;
}

uint64_t next_number(store::WriteTxn& tx, std::string_view name, const NumberTaker& taker) {
  const std::string own_name = std::string(name) + "/" + std::string(taker.writer);
  Number own;
  if (taker.block > 1) own = numbers.find(tx, own_name).value_or(Number{});
  if (own.value >= own.end) {
    Number number = numbers.find(tx, name).value_or(Number{});
    own.value = number.value;
    number.value += taker.block;
    own.end = number.value;
    numbers.put(tx, name, number);
  }
  own.value += 1;
  if (taker.block > 1) numbers.put(tx, own_name, own);
  return own.value;
}

}  // namespace authd::tables
