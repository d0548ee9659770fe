// Sign-outs on their way to applications (OpenID Connect Back-Channel Logout 1.0). The rules of
// rows.h hold.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

// Something that signs a person out of applications has ended. Written in the transaction that
// ended it; the server makes the deliveries of it (auth/core/logout_notices.h).
struct LogoutNotice {
  std::string id;  // user (8), and the user's epoch (8) or the beginning of the session's id (8)
  UserId user;
  std::string session;  // the session that ended; empty: all of the user's
  std::string subject;  // of a deleted user, of whom no other row says it; empty otherwise
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "user", self.user);
    visit(3, "session", self.session);
    visit(4, "subject", self.subject);
  }
};

enum class DeliveryState : uint8_t {
  waiting = 1,
  delivered = 2,
  dead = 3,  // given up
};

// One sign-out for one client.
struct LogoutDelivery {
  // A hash of the client (4), the time (6) and a hash of the grant (6), so that those of a client
  // are listed by time; as text the jti of the logout token.
  std::string id;
  std::string client;
  std::string subject;  // of the person, as the client knows it
  std::string sid;      // of the grant's tokens
  DeliveryState state = DeliveryState::waiting;
  Time created_at;
  Time due_at;  // of the next attempt
  uint64_t attempts = 0;
  std::string last_error;  // of the last attempt; empty: none
  Time ended_at;           // delivered, or given up
  Time expires_at;         // of the row
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "client", self.client);
    visit(3, "subject", self.subject);
    visit(4, "sid", self.sid);
    visit(5, "state", self.state);
    visit(6, "created_at", self.created_at);
    visit(7, "due_at", self.due_at);
    visit(8, "attempts", self.attempts);
    visit(9, "last_error", self.last_error);
    visit(10, "ended_at", self.ended_at);
    visit(11, "expires_at", self.expires_at);
  }
};

}  // namespace authd::tables
