// The rows for signing in with another provider: who a person is there, and the journeys of
// browsers to it. The rules of rows.h hold.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

// Links a person at a provider to the user who signs in with that identity.
struct Identity {
  std::string provider;  // name in the configuration
  std::string issuer;    // issuer of the subject: a provider with a new issuer is a different one
  std::string subject;   // the provider's id for the person; never changes, unlike the email
  UserId user;
  std::string email;  // as the provider last supplied it; may be empty
  Time created_at;
  Time last_used;
  uint64_t way_epoch = 0;  // of the user when it was linked (auth/core/ways.h)
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "provider", self.provider);
    visit(2, "issuer", self.issuer);
    visit(3, "subject", self.subject);
    visit(4, "user", self.user);
    visit(5, "email", self.email);
    visit(6, "created_at", self.created_at);
    visit(7, "last_used", self.last_used);
    visit(8, "way_epoch", self.way_epoch);
  }
};

// The index by user: the user's subject at a provider.
struct IdentityKey {
  std::string subject;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "subject", self.subject);
  }
};

// Where a browser was sent. A kind that this release does not know ends the journey.
enum class JourneyKind : uint8_t {
  provider = 1,  // to another provider, to sign in or to link it
};

// A browser that was sent elsewhere, and what happens when it returns (auth/signin/journeys.h).
// Secrets are derived from the state and the browser's cookie, and not stored.
struct Journey {
  std::string id;  // SHA-256 of the state
  std::string provider;
  std::string binding;         // SHA-256 of the browser's cookie
  std::optional<UserId> user;  // who links the identity; nullopt: a login
  std::string session;         // of that user; empty: a login
  Time created_at;
  Time expires_at;
  std::string redirect_path;  // where the provider sends the browser; empty: the canonical one
  JourneyKind kind = JourneyKind::provider;
  // If a page began it; empty for a program, which gets the answer as JSON.
  std::string return_to;   // where the browser goes after success
  std::string page;        // local path of the page for an error or the second factor
  bool is_over = false;    // the browser is back; kept, so that its page is found again
  std::string invitation;  // id of the one that the person follows; empty: none
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "provider", self.provider);
    visit.secret(3, "binding", self.binding);
    visit(4, "user", self.user);
    visit(5, "session", self.session);
    visit(6, "created_at", self.created_at);
    visit(7, "expires_at", self.expires_at);
    visit(8, "redirect_path", self.redirect_path);
    visit(9, "kind", self.kind);
    visit(10, "return_to", self.return_to);
    visit(11, "page", self.page);
    visit(12, "is_over", self.is_over);
    visit(13, "invitation", self.invitation);
  }
};

}  // namespace authd::tables
