// The rows of proofs of identity other than passwords: one-time tokens and codes, second factors,
// and counts of failed attempts. The rules of rows.h hold.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

enum class Purpose : uint8_t {
  nobody = 1,  // for an address without an account: keeps the work equal and gives no access
  verify_email = 2,
  reset_password = 3,
  magic_link = 4,
  confirm_new_email = 5,
  set_up = 6,  // for the server's first administrator; belongs to no user
  probe = 7,   // for `authd doctor` (auth/upkeep/doctor_token.h); belongs to no user
  stop_email_change = 9,
  enroll_passkey = 10,  // from an administrator, or for a recovery code; never mailed
};

// A token that was mailed. Only its hash is here.
struct OneTimeToken {
  std::string id;  // SHA-256 of the token
  Purpose purpose = Purpose::nobody;
  UserId user;
  std::string email;    // the address that it proves
  uint64_t epoch = 0;   // of the user when it was created
  std::string binding;  // SHA-256 of the requesting browser's secret; empty: not bound
  std::string session;  // the session that requested it; empty: none
  Time created_at;
  Time expires_at;
  bool is_used = false;    // has served its purpose; gives the same answer until it expires
  uint64_t way_epoch = 0;  // of an email change: of the user when it was requested
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "purpose", self.purpose);
    visit(3, "user", self.user);
    visit(4, "email", self.email);
    visit(5, "epoch", self.epoch);
    visit.secret(6, "binding", self.binding);
    visit(7, "session", self.session);
    visit(8, "created_at", self.created_at);
    visit(9, "expires_at", self.expires_at);
    visit(10, "is_used", self.is_used);
    visit(11, "way_epoch", self.way_epoch);
  }
};

// The one valid login code for an address, whether or not it has an account.
struct LoginCode {
  UserId user;      // 0: nobody has the address
  std::string mac;  // HMAC of address and code with the server's key; empty: used up
  uint64_t tries = 0;
  uint64_t epoch = 0;
  Time sent_at;  // the last mail with it
  Time expires_at;
  std::string seed;  // from which the server's key derives the code, to mail it again
  Time made_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "user", self.user);
    visit.secret(2, "mac", self.mac);
    visit(3, "tries", self.tries);
    visit(4, "epoch", self.epoch);
    visit(5, "sent_at", self.sent_at);
    visit(6, "expires_at", self.expires_at);
    visit.secret(7, "seed", self.seed);
    visit(8, "made_at", self.made_at);
  }
};

// A login that waits for its second factor. If it began with an identity of another provider, that
// is linked only once the factor is proved.
struct Challenge {
  std::string id;  // SHA-256 of the token
  UserId user;
  uint64_t epoch = 0;
  std::vector<std::string> amr;  // what was proved so far
  std::string mac;               // of a mailed code; empty: none was mailed
  uint64_t tries = 0;
  Time expires_at;
  std::string link_provider;  // as in Identity; empty: nothing to link
  std::string link_issuer;
  std::string link_subject;
  std::string link_email;
  // Both factors are proved, and what is left are steps of the person (auth/signin/login_steps.h).
  bool awaits_steps = false;
  bool remembers = false;  // the device is to be trusted when the login is complete
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "user", self.user);
    visit(3, "epoch", self.epoch);
    visit(4, "amr", self.amr);
    visit.secret(5, "mac", self.mac);
    visit(6, "tries", self.tries);
    visit(7, "expires_at", self.expires_at);
    visit(8, "link_provider", self.link_provider);
    visit(9, "link_issuer", self.link_issuer);
    visit(10, "link_subject", self.link_subject);
    visit(11, "link_email", self.link_email);
    visit(12, "awaits_steps", self.awaits_steps);
    visit(13, "remembers", self.remembers);
  }
};

// A user's second factors.
struct Factors {
  UserId user;
  std::string totp;                        // sealed, context "totp/<user id>"; empty: none
  std::string totp_candidate;              // the same, shown to the user but not confirmed yet
  uint64_t totp_last_step = 0;             // no code of this or an earlier step is accepted again
  std::vector<std::string> recovery_macs;  // HMACs of the remaining codes with the server's key
  Time totp_since;
  Time recovery_since;
  uint64_t way_epoch = 0;  // of the user when they were set up (auth/core/ways.h)
  // One more than that of passkeys when the recovery codes were made; 0: they make no passkey.
  uint64_t passkey_epoch = 0;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "user", self.user);
    visit.secret(2, "totp", self.totp);
    visit.secret(3, "totp_candidate", self.totp_candidate);
    visit(4, "totp_last_step", self.totp_last_step);
    visit.secret(5, "recovery_macs", self.recovery_macs);
    visit(6, "totp_since", self.totp_since);
    visit(7, "recovery_since", self.recovery_since);
    visit(8, "way_epoch", self.way_epoch);
    visit(9, "passkey_epoch", self.passkey_epoch);
  }
};

// Failures of one address, name, session and more, by the kind in the key
// (auth/core/limits/attempts.h).
struct Attempts {
  uint64_t failures = 0;
  Time blocked_until;
  Time expires_at;  // forgotten then
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "failures", self.failures);
    visit(2, "blocked_until", self.blocked_until);
    visit(3, "expires_at", self.expires_at);
  }
};

}  // namespace authd::tables
