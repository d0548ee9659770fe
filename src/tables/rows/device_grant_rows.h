// Sign-ins of devices without a browser (RFC 8628). The rules of rows.h hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

enum class DeviceGrantState : uint8_t {
  pending = 1,
  allowed = 2,  // the grant is there, and the device has not fetched its tokens yet
  denied = 3,
  used = 4,
};

struct DeviceGrant {
  static constexpr size_t kUserCodeBytes = 8;

  std::string id;         // SHA-256 of the device code
  std::string user_code;  // kUserCodeBytes letters, without the hyphen that people see
  std::string client;
  std::vector<std::string> scopes;
  std::vector<std::string> resources;
  DeviceGrantState state = DeviceGrantState::pending;
  std::optional<UserId> user;  // who has answered
  std::string grant;           // Grant::id of what was allowed
  uint64_t interval_ms = 0;    // the least time between two polls
  Time polled_at;              // the last poll; no time: none yet
  std::string address;         // of the device, for the person who is asked
  Time created_at;
  Time expires_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit.secret(2, "user_code", self.user_code);
    visit(3, "client", self.client);
    visit(4, "scopes", self.scopes);
    visit(5, "resources", self.resources);
    visit(6, "state", self.state);
    visit(7, "user", self.user);
    visit.secret(8, "grant", self.grant);
    visit(9, "interval_ms", self.interval_ms);
    visit(10, "polled_at", self.polled_at);
    visit(11, "address", self.address);
    visit(12, "created_at", self.created_at);
    visit(13, "expires_at", self.expires_at);
  }
};

}  // namespace authd::tables
