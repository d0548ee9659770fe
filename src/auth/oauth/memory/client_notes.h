// The recent activity of clients, for the administrator who sets one up: what was refused to them,
// and whether they use PKCE. It is kept in memory: a stranger can make a client fail, which must
// not write to the store.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace authd::auth {

struct ClientRefusal {
  Time at;
  std::string path;   // of the endpoint, such as "/oauth2/token"; empty: it did not authenticate
  std::string error;  // its name, such as "invalid_grant"
  std::string message;
  std::string request_id;
};

// Thread-safe and bounded: of too many clients, the one whose last note is the oldest gives way.
class ClientNotes {
 public:
  static constexpr size_t kMaxClients = 1000;
  static constexpr size_t kMaxRefusals = 10;  // of one client; the oldest gives way
  static constexpr size_t kMaxMessage = 500;  // bytes

  struct Seen {
    std::deque<ClientRefusal> refusals;  // newest first
    std::optional<bool> uses_pkce;       // in its newest authorization request; none: no request
  };

  // The client must have a row: a name that a stranger made up would push others out.
  void note_refusal(std::string_view client, ClientRefusal refusal);
  void note_request(std::string_view client, bool uses_pkce);
  Seen of(std::string_view client) const;

 private:
  struct Noted {
    Seen seen;
    uint64_t last_note = 0;
  };
  Seen& find_or_add(std::string_view client);

  mutable std::mutex mutex_;
  std::map<std::string, Noted, std::less<>> noted_;
  uint64_t notes_ = 0;  // so far
};

}  // namespace authd::auth
