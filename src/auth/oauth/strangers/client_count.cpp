#include "auth/oauth/strangers/client_count.h"

#include <string>

namespace authd::auth {

size_t count_clients(store::ReadTxn& tx, std::string_view prefix) {
  const std::string first(tables::clients.full_key(prefix));
  size_t count = 0;
  tx.scan(first, tables::end_of_prefix(first), [&](std::string_view, std::string_view) {
    count += 1;
    return true;
  });
  return count;
}

}  // namespace authd::auth
