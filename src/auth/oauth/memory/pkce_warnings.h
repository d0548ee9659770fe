// The log names a client that signs people in without PKCE (RFC 7636), because its administrator
// allows that, once in the life of the process and not with each request.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace authd::auth {

// Thread-safe and bounded.
class PkceWarnings {
 public:
  static constexpr size_t kMaxClients = 1000;  // of further ones nothing is said

  // Whether the client, which exists, is to be named now.
  bool is_first(std::string_view client);

 private:
  std::mutex mutex_;
  std::set<std::string, std::less<>> named_;
};

}  // namespace authd::auth
