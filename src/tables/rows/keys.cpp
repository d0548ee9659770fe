#include "tables/rows/keys.h"

#include "store/store.h"

namespace authd::tables {

std::string big_endian(uint64_t number) {
  std::string bytes(kNumberBytes, '\0');
  for (size_t i = kNumberBytes; i > 0; --i) {
    bytes[i - 1] = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  return bytes;
}

std::string big_endian(Time time) {
  return big_endian(static_cast<uint64_t>(time.time_since_epoch().count()));
}

uint64_t from_big_endian(std::string_view bytes) {
  if (bytes.size() < kNumberBytes)
    throw store::Fault(store::FaultKind::corrupt, "a key is cut off");
  uint64_t number = 0;
  for (const char c : bytes.substr(0, kNumberBytes))
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
