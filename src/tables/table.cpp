#include "tables/table.h"

namespace authd::tables {

std::string big_endian(uint64_t number) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i) {
    bytes[static_cast<size_t>(i)] = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  return bytes;
}

uint64_t from_big_endian(std::string_view bytes) {
  if (bytes.size() < 8) throw store::Fault(store::FaultKind::corrupt, "a key is cut off");
  uint64_t number = 0;
  for (const char c : bytes.substr(0, 8))
    number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

std::string end_of_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xff)
    end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return end;
}

}  // namespace authd::tables
