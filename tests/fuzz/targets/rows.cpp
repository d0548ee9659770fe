// Stored records: the first byte chooses a table, the rest is a row of it. Bytes that are no row
// are a Fault; a row that is read is written the same way again.
#include <tuple>

#include "tables/schema.h"
#include "target.h"

namespace authd::fuzz {
namespace {

using namespace tables;

// As in schema.h; check_tables() sees to it that none is missing.
constexpr std::tuple kTables = {
    numbers,        settings,     server_secrets, keyrings,        signing_keys,     users,
    usernames,      emails,       phones,         avatars,         sessions,         user_sessions,
    revoked_tokens, clients,      roles,          role_names,      one_time_tokens,  login_codes,
    challenges,     factors,      attempts,       audit_entries,   audit_heads,      outbox,
    mail_due,       import_lanes, identities,     user_identities, federated_logins, api_keys,
    job_runs,       expiries,     audit_chains};

template <typename Row>
std::string dumped(const Row& row) {
  JsonWriter json;
  dump_row(json, row);
  return json.take();
}

template <typename Row>
void check_row(const Table<Row>& table, std::string_view bytes) {
  std::optional<Row> row;
  try {
    row = decode_row<Row>(bytes, table.name());
  } catch (const store::Fault& fault) {
    CHECK(fault.kind() == store::FaultKind::corrupt);
    return;
  }
  const std::string once = encode_row(*row);
  const Row again = decode_row<Row>(once, table.name());
  CHECK(encode_row(again) == once);
  CHECK(dumped(again) == dumped(*row));
  CHECK(again.unknown == row->unknown);
}

void check_tables() {
  std::apply(
      [](const auto&... table) {
        CHECK(sizeof...(table) == all_tables().size());
        CHECK(((find_table(table.prefix()) != nullptr) && ...));
      },
      kTables);
}

void check_varint(std::string_view bytes) {
  std::string_view rest = bytes;
  const auto number = take_varint(rest);
  if (!number) return;
  std::string text;
  append_varint(text, *number);
  std::string_view again = text;
  CHECK(take_varint(again) == number && again.empty());
  CHECK(text.size() <= bytes.size() - rest.size());
}

}  // namespace

void run(std::string_view input) {
  static const bool is_checked = (check_tables(), true);
  static_cast<void>(is_checked);
  Dice dice(input);
  const size_t wanted = dice.byte() % std::tuple_size_v<decltype(kTables)>;
  std::apply(
      [&](const auto&... table) {
        size_t at = 0;
        ((at++ == wanted ? check_row(table, dice.rest()) : void()), ...);
      },
      kTables);
  check_varint(input);
}

}  // namespace authd::fuzz
