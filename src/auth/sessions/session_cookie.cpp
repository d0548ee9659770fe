#include "auth/sessions/session_cookie.h"

#include <algorithm>

#include "auth/core/activity.h"
#include "auth/core/caller.h"
#include "auth/core/refresh_token.h"
#include "auth/core/server_mac.h"
#include "auth/sessions/credential_cache.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "base/cookie.h"
#include "base/encoding.h"
#include "base/ip_address.h"
#include "config/reading/values.h"
#include "crypto/digest.h"
#include "tables/rows/keys.h"

namespace authd::auth {
namespace {

constexpr size_t kMacBytes = 32;

bool is_https(const config::Config& config) {
  return config.public_url.starts_with("https://");
}

// A cookie with the attributes of the session cookie.
Cookie cookie_of(const config::Config& config, std::string name, std::string value, Seconds life) {
  return {.name = std::move(name),
          .value = std::move(value),
          .life = life,
          .domain = config.cookies.domain,
          .is_secure = is_https(config)};
}

// A first login has no generation in its value, as in 0.1.0.
constexpr size_t kGenerationBytes = 8;
constexpr size_t text_bytes(size_t bytes) {
  return (bytes * 8 + 5) / 6;
}
constexpr size_t kFirstText = text_bytes(kSessionIdBytes + kMacBytes);
constexpr size_t kLaterText = text_bytes(kSessionIdBytes + kGenerationBytes + kMacBytes);

// What the MAC is about: id, and generation if there is one.
std::string named_bytes(std::string_view id, uint64_t generation) {
  return std::string(id) + (generation == 0 ? "" : tables::big_endian(generation));
}

// What a value of the right length says, before anything is verified.
struct CookieWords {
  NamedSession session;
  std::string mac;
};

std::optional<CookieWords> words_of(std::string_view value) {
  if (!is_cookie_text(value)) return std::nullopt;
  const std::optional<std::string> bytes = base64url_decode(value);
  if (!bytes || bytes->size() < kSessionIdBytes + kMacBytes) return std::nullopt;
  const std::string_view whole = *bytes;
  const std::string_view named = whole.substr(0, whole.size() - kMacBytes);
  CookieWords words{{std::string(named.substr(0, kSessionIdBytes)), 0},
                    std::string(whole.substr(named.size()))};
  const std::string_view generation = named.substr(kSessionIdBytes);
  if (generation.empty()) return words;
  words.session.generation = tables::from_big_endian(generation);
  if (words.session.generation == 0) return std::nullopt;  // never written so
  return words;
}

std::string mac_of(const Services& s, const NamedSession& session) {
  return server_mac(s, "session cookie", named_bytes(session.id, session.generation));
}

// A replica has no key for the MAC, but a hash of it beside the session.
bool is_right_mac(const Services& s, const tables::Session& session, const CookieWords& words,
                  Trace* trace) {
  if (!s.is_replica) return true;
  const bool is_right = equal_constant_time(session.cookie_hash, crypto::sha256(words.mac));
  return passes(trace, "value", is_right,
                is_right ? "its MAC is the one of the main server" : "altered");
}

// The rows of a browser session; null when one is missing, or when the session is of another kind.
std::shared_ptr<const Standing> read_standing(const Services& s, store::ReadTxn& tx,
                                              const CookieWords& words, Trace* trace) {
  const NamedSession& named = words.session;
  std::optional<LiveSession> found = find_session_and_user(tx, named.id, trace);
  if (!found || !is_right_mac(s, found->session, words, trace)) return nullptr;
  const bool is_kept_by_cookie = found->session.kind == tables::SessionKind::browser;
  if (!passes(trace, "session of a browser", is_kept_by_cookie,
              is_kept_by_cookie ? "kept in a cookie"
                                : "a session with tokens cannot be used with a cookie")) {
    return nullptr;
  }
  const bool is_current = found->session.generation == named.generation;
  if (!passes(trace, "latest login", is_current,
              is_current ? "the cookie is that of the session's latest login"
                         : "somebody has signed in with this browser since the cookie was made")) {
    return nullptr;
  }
  auto standing = std::make_shared<Standing>();
  standing->user = std::move(found->user);
  standing->behind = std::move(found->session);
  load_roles(tx, standing->user, standing->roles, standing->permissions);
  return standing;
}

void note_use(const Services& s, const Person& person, Time now) {
  const tables::User& user = person.user();
  const tables::Session& session = person.session();
  if (user.last_activity + kActivityStep <= now) s.activity.note(user.id, now);
  if (session.rotated_at + kActivityStep <= now) s.activity.sessions.note(session.id, now);
}

}  // namespace

std::string session_cookie_name(const config::Config& config) {
  return prefixed_name("authd_session", is_https(config), config.cookies.domain);
}

std::string session_cookie(const Services& s, const tables::Session& session, Time now) {
  const std::string value = base64url_encode(named_bytes(session.id, session.generation) +
                                             mac_of(s, {session.id, session.generation}));
  const auto left = std::chrono::floor<Seconds>(
      std::max(session.created_at + s.config.tokens.session_max_age, session.expires_at) - now);
  return cookie_of(s.config, session_cookie_name(s.config), value, left).header();
}

std::string no_session_cookie(const config::Config& config) {
  return cookie_of(config, session_cookie_name(config), "", Seconds(0)).header();
}

std::vector<std::string> no_other_session_cookies(const config::Config& config) {
  std::vector<std::string> headers;
  const std::string name = session_cookie_name(config);
  if (name.starts_with("__Host-")) return headers;
  const auto remove_from = [&](const std::string& domain) {
    if (domain == config.cookies.domain) return;
    Cookie cookie = cookie_of(config, name, "", Seconds(0));
    cookie.domain = domain;
    headers.push_back(cookie.header());
  };
  remove_from("");
  std::string domain = config::host_of(config.public_url);
  if (IpAddress::parse(domain)) return headers;  // An address has no domain above it.
  // Browsers ignore a domain that is a public suffix, such as "co.uk".
  while (domain.find('.') != std::string::npos) {
    remove_from(domain);
    domain = domain.substr(domain.find('.') + 1);
  }
  return headers;
}

std::string probe_cookie(const config::Config& config, std::string_view suffix) {
  return cookie_of(config, session_cookie_name(config) + "_probe_" + std::string(suffix), "",
                   Seconds(0))
      .header();
}

std::optional<NamedSession> session_in_cookie(const Services& s, std::string_view value) {
  std::optional<CookieWords> words = words_of(value);
  if (!words || !equal_constant_time(mac_of(s, words->session), words->mac)) return std::nullopt;
  return std::move(words->session);
}

std::string cookie_hash(const Services& s, const tables::Session& session) {
  return crypto::sha256(mac_of(s, {session.id, session.generation}));
}

bool is_cookie_text(std::string_view text) {
  return text.size() == kFirstText || text.size() == kLaterText;
}

Result<Person> authenticate_cookie(const Services& s, std::string_view value, Time now,
                                   Trace* trace) {
  const std::string key = credential_key(Credential::cookie, crypto::sha256(value));
  CredentialCache::Known known;
  if (trace == nullptr) known = s.credentials.find(key);
  // The MAC's key stays the same for the whole process, so a cached result is still valid.
  const std::optional<CookieWords> words = words_of(value);
  const bool is_known = known.standing || s.is_replica;
  const bool is_ours =
      words && (is_known || equal_constant_time(mac_of(s, words->session), words->mac));
  const auto found = [&] {
    if (!is_ours) return "not from this server, or altered";
    return s.is_replica ? "the form of a session cookie"
                        : "a session id with a valid MAC of this server";
  };
  if (!passes(trace, "value", is_ours, found)) return invalid_session();
  Seen seen = TRY(newest_standing(
      s, known, [&](store::ReadTxn& tx) { return read_standing(s, tx, *words, trace); }));
  if (!seen.standing || !is_in_use(s.config, *seen.standing, now, trace)) return invalid_session();
  if (trace == nullptr) remember(s, key, seen);
  Person person(std::move(seen.standing), Credential::cookie);
  if (trace == nullptr) note_use(s, person, now);
  return person;
}

std::string csrf_token(const Services& s, const tables::Session& session) {
  return base64url_encode(server_mac(s, "csrf token", named_bytes(session.id, session.generation)));
}

bool is_csrf_token(const Services& s, const tables::Session& session, std::string_view text) {
  return equal_constant_time(csrf_token(s, session), text);
}

}  // namespace authd::auth
