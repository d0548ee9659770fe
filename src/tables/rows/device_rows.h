// Devices from which people have logged in: what an account has seen, and which of them it trusts.
// The rules of rows.h hold.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

// A browser is known by its cookie, and a program without cookies by what it calls itself
// (auth/sessions/known_devices.h).
struct Device {
  UserId user;
  std::string id;          // 8 bytes
  std::string user_agent;  // at the last login, cut to 256 bytes
  std::string address;     // likewise
  Time created_at;
  Time seen_at;  // the last login
  // Until then a login from here needs no second factor; no time: it does.
  Time trusted_until;
  uint64_t device_epoch = 0;  // of the user at the last login (auth/core/ways.h)
  uint64_t trust_epoch = 0;   // of the user when the device was trusted
  Time expires_at;            // forgotten then
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "user", self.user);
    visit(2, "id", self.id);
    visit(3, "user_agent", self.user_agent);
    visit(4, "address", self.address);
    visit(5, "created_at", self.created_at);
    visit(6, "seen_at", self.seen_at);
    visit(7, "trusted_until", self.trusted_until);
    visit(8, "device_epoch", self.device_epoch);
    visit(9, "trust_epoch", self.trust_epoch);
    visit(10, "expires_at", self.expires_at);
  }
};

}  // namespace authd::tables
