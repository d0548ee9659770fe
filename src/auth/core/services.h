// The dependencies of every function of auth/, created once by the composition root (server/) or by
// a test. References only; copying is cheap and owns nothing.
#pragma once

#include <optional>
#include <string>

#include "auth/core/counters.h"
#include "base/ids.h"
#include "base/ip_address.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "config/config.h"
#include "crypto/master_keys.h"
#include "crypto/passwords/hasher.h"
#include "media/converter.h"
#include "store/store.h"

namespace authd::auth {

class KeyringCache;
class CredentialCache;
class InFlight;
class VerifiedPasswords;
class ActivityNotes;
class Providers;
class KnownPasswords;
struct OauthMemory;

struct Services {
  store::Store& store;
  const config::Config& config;
  const Clock& clock;
  Random& random;
  crypto::Hasher& hasher;
  const crypto::MasterKeys& master_key;
  const SecretKey& server_key;   // for refresh tokens, and for MACs (auth/core/one_time_tokens.h)
  KeyringCache& keyring;         // auth/sessions/keyring.h
  CredentialCache& credentials;  // auth/sessions/credential_cache.h
  InFlight& in_flight;           // auth/core/limits/attempts.h
  VerifiedPasswords& verified;   // auth/signin/basic_login.h
  ActivityNotes& activity;       // auth/core/activity.h
  Providers& providers;          // auth/accounts/names/providers.h
  KnownPasswords& known;         // auth/passwords/known_passwords.h
  OauthMemory& oauth;            // auth/oauth/memory/memory.h
  media::Converter& images;
  Counters& counters;
  Log& log;
  std::string_view
      writer;  // the chain of the audit log to which this process adds (auth/core/audit/audit.h)
  // Whether the store is the copy of a replica, in which nothing is secret (auth/replica/).
  bool is_replica = false;
};

// A browser session by its cookie's words, alive or not (auth/sessions/session_cookie.h).
struct NamedSession {
  std::string id;  // raw
  uint64_t generation = 0;
};

// Where a request came from: stored with the session that it creates, and logged.
struct Origin {
  IpAddress address;
  std::string user_agent;
  std::string request_id;
  std::string device;           // the value from make_device(), if any (auth/core/limits/devices.h)
  std::string asker;            // the value from make_asker(), if any (auth/signin/passwordless.h)
  std::optional<UserId> actor;  // the logged-in user
  bool by_api_key = false;    // of the actor: it reaches not every account (auth/core/key_reach.h)
  std::string operator_name;  // for a command: "cli:<login>"
  std::string_view client;    // that asks (config/client_profile.h); empty: the canonical API
  std::string_view language;  // of the request, a tag of config/languages.h; empty: none is known
  std::optional<NamedSession> browser;  // that the request's cookie names
  bool wants_cookie =
      false;  // the session that it creates is kept in a cookie (auth/sessions/session_cookie.h)
};

}  // namespace authd::auth
