// The rows of every table, as plain structs. auth/ decides what they mean and which rules hold
// between them; codec.h turns them into bytes. A field's number is written to disk and never
// changes its meaning; a new field takes a new number.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

inline constexpr size_t kMaxRolesPerUser = 32;

// Which step towards its end an unused account has reached (auth/upkeep/retention.h).
enum class RetentionStep : uint8_t {
  none = 0,
  warned = 1,    // the first mail was sent
  reminded = 2,  // and the last
  disabled = 3,  // by the job, and not by a person
};

struct User {
  UserId id;
  std::string username;  // as typed; may be empty if there is an email
  std::string email;     // as typed; may be empty if there is a username
  bool email_verified = false;
  std::string password_hash;  // PHC or a foreign form (crypto/passwords/password_hash.h); empty: no
                              // password
  std::string first_name;
  std::string last_name;
  std::string phone_number;
  std::string avatar_url;          // from an import
  std::vector<uint64_t> role_ids;  // in the order they were granted
  bool disabled = false;
  Time created_at;
  Time updated_at;
  Time last_activity;
  uint64_t session_epoch = 0;  // a session of an older epoch is over
  Time password_changed_at;
  Time email_change_asked_at;
  bool mfa_enabled = false;    // has a row in `factors` with a confirmed factor
  std::string avatar_version;  // of the row in `avatars`; empty: none
  bool awaits_email = false;   // created inactive: no login before the email is verified
  Time password_proved_at;     // by a login
  bool is_claim = false;       // created by a sign-up whose owner was never known
  // The email was confirmed, but it is unknown by whom (auth/accounts/changes/address_proof.h).
  bool mailbox_alone = false;
  std::string email_change;  // id of the token of the change that was asked for last; may be over
  std::vector<uint64_t> way_epochs;  // by auth::Way (auth/core/ways.h); what is not there is 0
  std::vector<uint64_t> api_keys;    // numbers of the user's keys; some may be over
  uint64_t role_grants = 0;          // how often a role was granted to the user
  std::vector<uint64_t>
      role_since;  // by the place in role_ids: which grant it was; 0: with the user
  // The name of the account for other programs (auth/core/subject.h): a UUID, which never changes
  // and never names another account. Empty only if an older binary created the user while this one
  // upgraded the tables.
  std::string subject;
  // The user's id on authenticators: 32 random bytes, which reveal nothing about the person (Web
  // Authentication Level 3, section 14.6.1). Empty before the first passkey.
  std::string passkey_handle;
  // How many of the user's passkeys are a whole login, and how many only a second factor
  // (auth/accounts/passkeys/stored_passkeys.h): a write cannot scan for them.
  uint64_t passkeys = 0;
  uint64_t security_keys = 0;
  // When a login found the password among those of known breaches (auth/passwords/leak_checks.h);
  // no time: not found, or changed since.
  Time password_leaked_at;
  std::string locale;  // of the person's mails: a tag of config/languages.h; empty: none
  // The terms that the person accepted last (auth/signin/login_steps.h); empty: none.
  std::string terms_version;
  Time terms_accepted_at;
  bool must_change_password = false;  // before the next session starts (auth/signin/login_steps.h)
  // Since when the account's devices are in `devices`; no time: the next one is the first, and no
  // mail tells of it (auth/sessions/known_devices.h).
  Time devices_since;
  // What retention.* has done with the account (auth/upkeep/retention.h), and when. Activity after
  // that time makes it nothing.
  RetentionStep retention_step = RetentionStep::none;
  Time retention_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "username", self.username);
    visit(3, "email", self.email);
    visit(4, "email_verified", self.email_verified);
    visit.secret(5, "password_hash", self.password_hash);
    visit(6, "first_name", self.first_name);
    visit(7, "last_name", self.last_name);
    visit(8, "phone_number", self.phone_number);
    visit(9, "avatar_url", self.avatar_url);
    visit(10, "role_ids", self.role_ids);
    visit(11, "disabled", self.disabled);
    visit(12, "created_at", self.created_at);
    visit(13, "updated_at", self.updated_at);
    visit(14, "last_activity", self.last_activity);
    visit(15, "session_epoch", self.session_epoch);
    visit(16, "password_changed_at", self.password_changed_at);
    visit(17, "mfa_enabled", self.mfa_enabled);
    visit(18, "email_change_asked_at", self.email_change_asked_at);
    visit(19, "avatar_version", self.avatar_version);
    visit(21, "awaits_email", self.awaits_email);
    visit(22, "password_proved_at", self.password_proved_at);
    // 20, 23, 25 and 28 had meanings before the first release and must not be reused.
    visit(24, "is_claim", self.is_claim);
    visit(26, "mailbox_alone", self.mailbox_alone);
    visit(27, "email_change", self.email_change);
    visit(29, "way_epochs", self.way_epochs);
    visit(30, "api_keys", self.api_keys);
    visit(31, "role_grants", self.role_grants);
    visit(32, "role_since", self.role_since);
    visit(33, "subject", self.subject);
    visit(34, "passkey_handle", self.passkey_handle);
    visit(35, "passkeys", self.passkeys);
    visit(36, "security_keys", self.security_keys);
    visit(40, "password_leaked_at", self.password_leaked_at);
    visit(41, "terms_version", self.terms_version);
    visit(42, "terms_accepted_at", self.terms_accepted_at);
    visit(43, "must_change_password", self.must_change_password);
    visit(44, "locale", self.locale);
    visit(45, "devices_since", self.devices_since);
    visit(46, "retention_step", self.retention_step);
    visit(47, "retention_at", self.retention_at);
  }
};

// A username that was given up and that others do not get yet (auth/accounts/names/usernames.h).
struct KeptUsername {
  std::optional<UserId> holder;  // the last one; nullopt: kept from everybody
  Time expires_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "holder", self.holder);
    visit(2, "expires_at", self.expires_at);
  }
};

// The mark of a user who was deleted, until nothing is left of what they owned (erasure.h).
struct Erasure {
  Time since;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "since", self.since);
  }
};

// The mark of a user who may have ways in that an epoch has ended, until the job has erased them
// (auth/upkeep/ended_ways.h).
struct EndedWays {
  uint64_t epochs = 0;  // the sum of User::way_epochs at that time
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "epochs", self.epochs);
  }
};

// The picture of a user, as it is served.
struct Avatar {
  std::string jpeg;     // at most media::kMaxAvatar bytes
  std::string version;  // hex digits that follow from the bytes; the ETag
  Time changed_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "jpeg", self.jpeg);
    visit(2, "version", self.version);
    visit(3, "changed_at", self.changed_at);
  }
};

// How a session is kept alive and which credential opens it. Every rule that depends on this asks
// the kind: limits, which session gives way, the credential, whether there is a refresh token.
enum class SessionKind : uint8_t {
  browser = 1,  // a cookie (auth/sessions/session_cookie.h)
  tokens = 2,   // a refresh token and the access tokens issued for it
  issued = 3,   // one access token, issued by an operator (`authd token issue`)
};

// A session of the kind `tokens` is also the family of its refresh tokens: the token is derived
// from id and generation (auth/core/refresh_token.h), so no secret is stored here.
struct Session {
  std::string id;  // 16 random bytes
  UserId user;
  uint64_t epoch = 0;  // of the user when it was made
  // Of the current refresh token, from 1; for the kind `browser`, of the cookie, from 0.
  uint64_t generation = 0;
  Time created_at;
  Time rotated_at;  // when the current generation was created
  Time expires_at;
  Time auth_time;                // when the user last proved who they are
  std::vector<std::string> amr;  // how (RFC 8176)
  std::string scope;
  std::string address;     // of the client at login
  std::string user_agent;  // at login, cut to 256 bytes
  std::string client;      // for which it was made (client_profile.h); empty: the canonical API
  uint64_t idle_ms = 0;    // it ends when its user does nothing for so long; 0: never
  SessionKind kind{};      // never 0 in a row that was read or that is stored
  // Of the address and user agent that made the current generation
  // (auth/sessions/session_tokens.h); empty: it is the first.
  std::string rotated_by;
  // Only in the copy of a replica (auth/replica/projection.h), which has no key for the cookie:
  // SHA-256 of the MAC in it.
  std::string cookie_hash;
  std::string unknown;

  // Sets the kind of a row written by schema 1, which has none; it follows from the other fields.
  // The upgrade does not rewrite sessions: there can be millions, and each ends within
  // tokens.session_max_age. Such a row gets its kind on disk when it is next written.
  void complete();

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "user", self.user);
    visit(3, "epoch", self.epoch);
    visit(4, "generation", self.generation);
    visit(5, "created_at", self.created_at);
    visit(6, "rotated_at", self.rotated_at);
    visit(7, "expires_at", self.expires_at);
    visit(8, "auth_time", self.auth_time);
    visit(9, "amr", self.amr);
    visit(10, "scope", self.scope);
    visit(11, "address", self.address);
    visit(12, "user_agent", self.user_agent);
    visit(13, "client", self.client);
    visit(14, "idle_ms", self.idle_ms);
    visit(15, "kind", self.kind);
    visit(24, "rotated_by", self.rotated_by);
    visit(25, "cookie_hash", self.cookie_hash);
  }
};

// An access token that was revoked individually, while its session lives on.
struct RevokedToken {
  std::string jti;
  Time expires_at;  // of the token; the row is not needed after that
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "jti", self.jti);
    visit(2, "expires_at", self.expires_at);
  }
};

struct Role {
  RoleId id;
  std::string name;  // [a-z0-9._-], unique
  std::string description;
  std::vector<std::string> permissions;
  Time created_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "name", self.name);
    visit(3, "description", self.description);
    visit(4, "permissions", self.permissions);
    visit(5, "created_at", self.created_at);
  }
};

enum class KeyState : uint8_t {
  next = 1,     // published, does not sign yet
  active = 2,   // signs
  retired = 3,  // verifies only, until everything that it signed has expired
};

struct SigningKeyRow {
  std::string kid;
  std::string algorithm;  // "ES256", "EdDSA", "RS256", "HS256"
  KeyState state = KeyState::next;
  std::string sealed_private;  // crypto/secret_box.h, context "signing_key/<kid>"
  Time created_at;
  Time activated_at;
  Time retired_at;
  // Only in the copy of a replica, where nothing is sealed: the key as a JWK, which verifies.
  std::string public_jwk;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "kid", self.kid);
    visit(2, "algorithm", self.algorithm);
    visit(3, "state", self.state);
    visit.secret(4, "sealed_private", self.sealed_private);
    visit(5, "created_at", self.created_at);
    visit(6, "activated_at", self.activated_at);
    visit(7, "retired_at", self.retired_at);
    visit(8, "public_jwk", self.public_jwk);
  }
};

// The signing keys in order of age, and a number that changes whenever they do. With one small read
// a process sees whether the keys that it has loaded are still current.
struct Keyring {
  static constexpr uint64_t kGeneration = 1;  // the number of this field, which is read alone

  uint64_t generation = 0;
  std::vector<std::string> kids;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(kGeneration, "generation", self.generation);
    visit(2, "kids", self.kids);
  }
};

// A secret of the server itself, created once: "refresh" (HMAC key of the refresh tokens).
struct ServerSecret {
  std::string name;
  std::string sealed;  // context "server_secret/<name>"
  Time created_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "name", self.name);
    visit.secret(2, "sealed", self.sealed);
    visit(3, "created_at", self.created_at);
  }
};

// The subject of a mail; mail/templates.h has the texts.
enum class MailKind : uint8_t {
  nobody = 1,  // to nobody: keeps the work equal if there is no account; never sent
  verify_email = 2,
  reset_password = 3,
  magic_link = 4,
  login_code = 5,
  confirm_new_email = 6,  // to the new address
  email_changed = 7,      // to the old address
  password_changed = 8,
  factors_changed = 9,  // `detail` says which
  account_exists = 10,  // somebody signed up with an address that has an account
  test = 11,
  email_change_asked = 13,  // to the old address, with the link that stops the change
  made_administrator = 14,
  account_disabled = 15,
  account_deleted = 16,
  logins_limited = 20,    // too many failures in a row; `detail` is the client's address
  new_passkey = 21,       // a reset link for an account that lives by passkeys
  no_new_password = 22,   // to such an account, where no mail recovers it; `detail` says what does
  new_device = 23,        // a login from a device that the account has not seen lately
  unused_account = 24,    // retention.* will disable the account; `detail` is the day
  invitation = 25,        // `detail` is the life of its link, in minutes
  wrong_factors = 26,     // wrong second factors after the right password; `detail` says from where
  webhook_disabled = 27,  // to administrators; `detail` is the address of the endpoint
};

// A mail in the outbox, written in the transaction that it reports.
struct Mail {
  std::string id;  // 16 random bytes
  MailKind kind = MailKind::nobody;
  std::string to;      // address
  std::string name;    // of the recipient, for the greeting; may be empty
  std::string sealed;  // the token or code it carries; context "mail/<id in hex>"; empty: none
  std::string detail;  // part of the text: the new address, the client's address, the factor
  Time created_at;
  Time due_at;  // of the next attempt
  uint64_t attempts = 0;
  std::string last_error;
  bool dead = false;    // given up: kept until `authd mail retry` or `purge`
  std::string client;   // that requested it (client_profile.h): decides the form of the link
  std::string account;  // named in the text; empty: none
  // Of its texts: the recipient's, or of the request that caused it (config/languages.h); empty:
  // branding.language.
  std::string locale;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "kind", self.kind);
    visit(3, "to", self.to);
    visit(4, "name", self.name);
    visit.secret(5, "sealed", self.sealed);
    visit(6, "detail", self.detail);
    visit(7, "created_at", self.created_at);
    visit(8, "due_at", self.due_at);
    visit(9, "attempts", self.attempts);
    visit(10, "last_error", self.last_error);
    visit(11, "dead", self.dead);
    visit(12, "client", self.client);
    visit(13, "account", self.account);
    visit(14, "locale", self.locale);
  }
};

// A number with a name: "schema_version", counters of ids, a writer's block of such a counter
// (tables::next_number).
struct Number {
  uint64_t value = 0;
  std::string unknown;
  uint64_t end = 0;  // of a block: its last number

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "value", self.value);
    visit(2, "end", self.end);
  }
};

// A text that the server stores for the commands, by name: "issuer", "audience".
struct Setting {
  std::string value;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "value", self.value);
  }
};

// A key of a unique index: the user or role that has the name.
struct Reference {
  uint64_t id = 0;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
  }
};

// A row whose key carries all its information (sessions of a user, expiry index).
struct Mark {
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self&, Visitor&) {}
};

}  // namespace authd::tables
