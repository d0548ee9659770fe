#include "support/golden.h"

#include <fstream>
#include <stdexcept>

#include "base/encoding.h"

namespace authd::test {

std::filesystem::path golden_directory() {
  return GOLDEN;
}

void load_golden(store::Store& store, const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::string key;
  std::string value;
  while (in >> key >> value) {
    const Result<void> done = store.write([&](store::WriteTxn& tx) -> Result<void> {
      tx.put(hex_decode(key).value(), hex_decode(value).value());
      return {};
    });
    if (!done) throw std::runtime_error(done.error().message);
  }
}

}  // namespace authd::test
