#include "base/secret.h"

#include <cstring>

namespace authd {

void wipe(std::string& text) {
  // The whole capacity: after a shorter text is assigned, the tail of the longer one is still
  // there.
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace authd
