#include "auth/upkeep/explain.h"

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/core/api_key_text.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/login_methods.h"
#include "auth/core/login_rules.h"
#include "auth/core/refresh_token.h"
#include "auth/oauth/tokens/client_token.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/known_devices.h"
#include "auth/sessions/session_cookie.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/login.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/jose/jwt.h"
#include "crypto/passwords/password_hash.h"

namespace authd::auth {
namespace {

// Base64url of session id, generation and MAC. A cookie may be as long.
constexpr size_t kRefreshTokenText = 75;

// Removes what people copy along with a credential.
std::string_view bare(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  const auto trim = [&] {
    while (!text.empty() && is_space(text.front()))
      text.remove_prefix(1);
    while (!text.empty() && (is_space(text.back()) || text.back() == ';'))
      text.remove_suffix(1);
  };
  trim();
  for (const std::string_view prefix :
       {"Authorization:", "Cookie:", "X-API-Key:", "Bearer ",
        "__Host-authd_session=", "__Secure-authd_session=", "authd_session="}) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    trim();
  }
  return text;
}

// The claims as written in the token, valid or not.
void show_claims(Explanation& told, std::string_view token) {
  const Result<crypto::Jws> jws = crypto::parse_compact(token);
  if (!jws) return;
  told.says = {{"alg", jws->alg}, {"kid", jws->kid}, {"typ", jws->typ}};
  const Result<JsonObject> claims = JsonObject::parse(jws->payload);
  if (!claims) return;
  for (const std::string_view name :
       {"iss", "sub", "client_id", "scope", "sid", "jti", "iat", "exp", "nbf", "auth_time"}) {
    if (!claims->has(name)) continue;
    if (const Result<std::string> word = claims->string(name)) {
      told.says.emplace_back(name, *word);
    } else if (const Result<int64_t> time = claims->integer(name)) {
      told.says.emplace_back(name, format_rfc3339(from_unix_seconds(*time)));
    }
  }
  if (const auto audience = claims->string_or_strings("aud")) {
    told.says.emplace_back("aud", joined(*audience, " "));
  }
  const auto roles = claims->optional_strings("roles");
  if (roles && *roles) told.says.emplace_back("roles", joined(**roles, " "));
}

void show_caller(Explanation& told, const UserCaller& caller) {
  told.says.emplace_back("user", std::to_string(caller.user().id.value));
  told.says.emplace_back("scope", caller.scope());
  told.says.emplace_back("roles now", joined(caller.roles(), " "));
}

// A refusal is an answer here; an error that prevents a decision is not.
template <typename Kind>
Result<void> take(Explanation& told, const Result<Kind>& caller) {
  if (caller) {
    show_caller(told, *caller);
  } else if (caller.error().code == ErrorCode::unavailable) {
    return caller.error();
  }
  conclude(told, "accepted now");
  return {};
}

Result<void> explain_refresh(const Services& s, Explanation& told, std::string_view text,
                             Time now) {
  const auto claim = parse_refresh_token(s.server_key, RefreshToken(std::string(text)));
  const bool is_ours = passes(&told.trace, "form", claim.has_value(),
                              claim ? "issued by this server"
                                    : "has the length of a refresh token, but its MAC is not this "
                                      "server's: it was altered or belongs to other data");
  if (is_ours) {
    told.says = {{"sid", session_text(claim->session_id)},
                 {"generation", std::to_string(claim->generation)}};
    TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
      told.trace.steps.resize(1);  // A read may run again.
      // Its result is in the trace.
      static_cast<void>(judge_refresh(s.config, tx, *claim, now, &told.trace));
      return {};
    }));
  }
  conclude(told, "accepted now: it yields an access token and the next refresh token");
  return {};
}

// "argon2id", "scrypt", "2b": the part before the parameters.
std::string form_of(std::string_view hash) {
  if (hash.starts_with('$')) hash.remove_prefix(1);
  return std::string(hash.substr(0, hash.find_first_of("$:")));
}

void look_at_password(const Services& s, const tables::User& user, Trace* trace) {
  const std::string& hash = user.password_hash;
  const bool has_one =
      passes(trace, "password", !hash.empty(),
             hash.empty() ? "the account has none: sign in with a link, a code or a provider"
                          : "the account has one");
  if (!has_one) return;
  passes(trace, "password hash", crypto::is_supported_hash(hash), [&] {
    if (!crypto::is_supported_hash(hash)) {
      return "the format \"" + form_of(hash) +
             "\" is not supported, or its parameters exceed the limits: no password matches; set a "
             "new one (authd user passwd)";
    }
    return "form " + form_of(hash) +
           (s.hasher.needs_rehash(hash) ? ", which the next login replaces" : "");
  });
}

Result<void> explain_access_token(const Services& s, Explanation& told, std::string_view text,
                                  Time now) {
  const std::string client = client_named_in(text);
  if (client.empty()) {
    told.what = "access token";
    return take(told, authenticate(s, text, now, &told.trace));
  }
  told.what = "access token of the client " + client;
  const Result<TokenHolder> holder = authenticate_client_token(s, text, now, &told.trace);
  if (!holder && holder.error().code == ErrorCode::unavailable) return holder.error();
  if (holder && holder->grant() != nullptr) {
    told.says.emplace_back("user", std::to_string(holder->grant()->user.id.value));
  }
  if (holder && holder->is_bound()) told.says.emplace_back("key", holder->claims().jkt);
  conclude(told, holder && holder->is_bound()
                     ? "accepted now, by whoever it is for (aud), with a proof of its key (DPoP)"
                     : "accepted now, by whoever it is for (aud)");
  return {};
}

// Which devices are not asked for the second factor.
Result<void> look_at_trust(const Services& s, const tables::User& user, Trace* trace) {
  if (s.config.mfa.remember == Milliseconds(0)) return {};
  const bool always_asks = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<bool> { return needs_passkey(s.config, tx, user); }));
  if (always_asks) {
    passes(trace, "trusted devices", true, "not for this role: each login needs its passkey");
    return {};
  }
  const auto devices = TRY(list_devices(s, user.id, s.clock.now()));
  std::string found;
  for (const tables::Device& device : devices) {
    if (device.trusted_until == Time{}) continue;
    found += (found.empty() ? "" : "; ") + device_text(device.id) + " until " +
             format_rfc3339(device.trusted_until);
  }
  passes(trace, "trusted devices", true,
         found.empty() ? "none: every device is asked for it" : "not asked for it: " + found);
  return {};
}

// For an operator, who can do something about it.
std::string lack_in_words(const Error& error) {
  if (says_passkey_required(error)) {
    return "a passkey is required (passkeys.required_for), and the account has none "
           "(authd user enroll-link)";
  }
  return "required (mfa.email_otp), but the account has no email";
}

}  // namespace

Result<Explanation> explain_token(const Services& s, std::string_view text, Time now) {
  text = bare(text);
  Explanation told;
  if (text.starts_with(kApiKeyPrefix)) {
    told.what = "API key";
    TRY(take(told, authenticate_api_key(s, text, now, &told.trace)));
  } else if (text.find('.') != std::string_view::npos) {
    show_claims(told, text);
    TRY(explain_access_token(s, told, text, now));
  } else if (is_cookie_text(text) &&
             (text.size() != kRefreshTokenText || session_in_cookie(s, text))) {
    told.what = "session cookie";
    TRY(take(told, authenticate_cookie(s, text, now, &told.trace)));
  } else if (text.size() == kRefreshTokenText) {
    told.what = "refresh token";
    TRY(explain_refresh(s, told, text, now));
  } else {
    told.what = "unknown";
    passes(&told.trace, "form", false,
           "no access token, refresh token, API key or session cookie looks like this; perhaps it "
           "was cut off");
    conclude(told, "");
  }
  return told;
}

Result<Explanation> explain_login(const Services& s, std::string_view login,
                                  const IpAddress& address) {
  Explanation told;
  Trace* trace = &told.trace;
  const FoundUser user = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundUser> { return find_by_login(tx, login); }));
  told.what = "account " + std::string(login);
  if (user) show_user(told, *user);
  passes(trace, "account", user.has_value(),
         user ? "exists" : "no account has this username or email");
  const Result<void> method = require_method(s.config, LoginMethod::password);
  passes(trace, "method", method.has_value(),
         method ? "passwords sign in here" : method.error().message + " (login.methods)");
  Origin origin;
  origin.address = address;
  const Result<Attempt> attempt = Attempt::by_name(s, origin, login, user, trace);
  if (!attempt && attempt.error().code != ErrorCode::rate_limited) return attempt.error();
  std::string good = "let in with the right password";
  if (user) {
    look_at_password(s, *user, trace);
    static_cast<void>(check_may_log_in(s.config, *user, trace));  // Its word is in the trace.
    const auto needed =
        s.store.read([&](store::ReadTxn& tx) { return methods_needed(s.config, tx, *user); });
    passes(trace, "second factor", needed.has_value(),
           !needed           ? lack_in_words(needed.error())
           : needed->empty() ? "none needed"
                             : "then asked for: " + joined(words_of(*needed), " "));
    if (needed && !needed->empty()) {
      good += ", and then asked for a second factor: " + joined(words_of(*needed), " ");
    }
    const LoginSteps left = steps_left(s.config, *user);
    const std::string words = joined(words_of(left), " ");
    passes(trace, "steps", true, left.empty() ? "none left" : "then asked for: " + words);
    if (!left.empty()) good += ", and then asked for: " + words;
    TRY(show_retention(s, told, user->id));
    if (needed && !needed->empty()) TRY(look_at_trust(s, *user, trace));
    TRY(show_recent(s, told, user->id));
  }
  conclude(told, good);
  return told;
}

}  // namespace authd::auth
