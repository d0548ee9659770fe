// What every function of auth/ is given: the parts of the machine, made once by the composition
// root (server/) or by a test. References only; copying is cheap and owns nothing.
#pragma once

#include <string>

#include "auth/core/counters.h"
#include "base/ids.h"
#include "base/ip_address.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "config/config.h"
#include "crypto/hasher.h"
#include "crypto/master_keys.h"
#include "media/converter.h"
#include "store/store.h"

namespace authd::auth {

class KeyringCache;
class CredentialCache;
class InFlight;
class VerifiedPasswords;
class ActivityNotes;
class Providers;

struct Services {
  store::Store& store;
  const config::Config& config;
  const Clock& clock;
  Random& random;
  crypto::Hasher& hasher;
  const crypto::MasterKeys& master_key;
  const SecretKey& server_key;   // of refresh tokens, and of MACs (auth/core/one_time_tokens.h)
  KeyringCache& keyring;         // auth/sessions/keyring.h
  CredentialCache& credentials;  // auth/sessions/credential_cache.h
  InFlight& in_flight;           // auth/core/attempts.h
  VerifiedPasswords& verified;   // auth/signin/basic_login.h
  ActivityNotes& activity;       // auth/core/activity.h
  Providers& providers;          // auth/accounts/providers.h
  media::Converter& images;
  Counters& counters;
  Log& log;
  std::string_view
      writer;  // the chain of the audit log that this process adds to (auth/core/audit.h)
};

// Where a request came from: kept with the session that it makes, and logged.
struct Origin {
  IpAddress address;
  std::string user_agent;
  std::string request_id;
  std::string device;         // what make_device() gave, if anything (auth/core/attempts.h)
  UserId actor;               // who is logged in; 0: nobody
  std::string operator_name;  // of a command: "cli:<login>"
  std::string_view api;       // of config/compat.h; empty: the canonical one
  bool wants_cookie =
      false;  // a cookie keeps the session that it makes (auth/sessions/session_cookie.h)
};

}  // namespace authd::auth
