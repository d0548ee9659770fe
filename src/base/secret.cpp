#include "base/secret.h"

#include <cstring>

namespace authd {

void wipe(std::string& text) {
  // The whole capacity: an assignment of a shorter text leaves the tail of the longer one behind.
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace authd
