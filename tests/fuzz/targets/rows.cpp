// Stored records: the first byte chooses a table, the rest is a row of it. Bytes that are not a row
// are a Fault; a row that was read is written the same way again.
#include "tables/schema.h"
#include "target.h"

namespace authd::fuzz {
namespace {

using namespace tables;

template <typename Row>
std::string dumped(const Row& row) {
  JsonWriter json;
  dump_row(json, row);
  return json.take();
}

template <typename Row, typename... Parts>
void check_row(const Table<Row, Parts...>& table, std::string_view bytes) {
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
  Dice dice(input);
  const size_t wanted = dice.byte() % all_tables().size();
  size_t at = 0;
  for_each_table([&](const auto& table) {
    if (at++ == wanted) check_row(table, dice.rest());
  });
  check_varint(input);
}

}  // namespace authd::fuzz
