#include "auth/upkeep/transfer/records/check.h"

#include <algorithm>
#include <set>

#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/accounts/profile/avatars.h"
#include "auth/core/identifiers.h"
#include "auth/sessions/roles.h"
#include "auth/upkeep/transfer/records/foreign_names.h"
#include "auth/upkeep/transfer/records/passkey_record.h"
#include "base/encoding.h"
#include "base/uuid.h"
#include "config/languages.h"
#include "crypto/passwords/password_hash.h"

namespace authd::auth::transfer {
namespace {

constexpr size_t kMaxAvatarUrl = 2048;
constexpr size_t kMaxPersonName = 100;   // of auth/core/identifiers.h
constexpr size_t kMaxTermsVersion = 64;  // of terms.version

// The largest integer that every JSON reader represents exactly (RFC 8259 section 6).
constexpr uint64_t kMaxId = (1ull << 53) - 1;

// Authenticator secrets have from 10 bytes (an old convention) to 20 (RFC 4226); longer ones are
// fine.
constexpr size_t kMinTotpSecret = 10;
constexpr size_t kMaxTotpSecret = 128;

// How many bytes the first code point of well-formed UTF-8 has.
size_t first_code_point(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80)
    ++size;
  return size;
}

// The language of authd's that is nearest to a locale of another system: "de_AT.UTF-8", "pt".
std::string locale_of(std::string text) {
  std::replace(text.begin(), text.end(), '_', '-');
  text.resize(std::min(text.find('.'), text.size()));
  if (const config::Language* language = config::find_language(text)) {
    return std::string(language->tag);
  }
  return std::string(config::match_language(text));
}

Error wrong(std::string message) {
  return Error{ErrorCode::invalid, std::move(message)};
}

Result<std::vector<std::string>> check_roles(const Account& account, const Rules& rules) {
  std::vector<std::string> roles;
  if (!account.has_all_roles) roles.emplace_back(kUserRole);
  for (const std::string& name : account.roles) {
    if (!is_role_name(name)) {
      return wrong("\"" + name.substr(0, 64) +
                   "\" is not a valid role name, which has only the letters a-z, digits and . _ - "
                   "(several roles in a column are separated by ';')");
    }
    if (name == kAdminRole && !rules.allows_admin) {
      return wrong("would be an administrator, and --allow-admin is not given");
    }
    if (std::find(roles.begin(), roles.end(), name) == roles.end()) roles.push_back(name);
  }
  if (roles.size() > kMaxRolesPerUser) return wrong("has more than 32 roles");
  return roles;
}

// As people type it and databases keep it: in any case, in groups, with or without padding.
Result<SecretKey> parse_totp(const Account& account) {
  if (account.totp_secret.empty() || !account.totp_in_force) return SecretKey();
  std::string plain;
  for (const char c : account.totp_secret) {
    if (c == ' ' || c == '-' || c == '=') continue;
    plain += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  std::optional<std::string> secret = base32_decode(plain);
  wipe(plain);
  if (!secret || secret->size() < kMinTotpSecret || secret->size() > kMaxTotpSecret) {
    return wrong("the TOTP secret is not base32 of 10 to 128 bytes");
  }
  return SecretKey(std::move(*secret));
}

// No account is as old as that: whoever wrote it had no time.
Time time_of(const std::optional<Time>& time, Time otherwise) {
  return time && *time >= Time{} ? *time : otherwise;
}

Result<std::string> parse_hash(const Account& account, const Rules& rules, Prepared& ready) {
  const std::string& told = account.password_hash;
  std::string hash = rules.firebase ? with_firebase_config(told, *rules.firebase) : told;
  if (is_no_password(hash)) return std::string();
  if (is_valid_utf8(hash) && crypto::is_supported_hash(hash)) return hash;
  const std::string form = form_of_hash(hash);
  if (rules.drops_unknown_passwords) {
    ready.losses.push_back("password: " + form);
    return std::string();
  }
  return wrong("the password hash has a format that authd cannot verify (" + form +
               "); --without-unknown-passwords imports the account without it");
}

Result<std::string> parse_name(const Account& account, const Rules& rules, Prepared& ready) {
  Result<std::string> name = parse_username(account.username);
  if (name) return name;
  if (!rules.maps_names) return wrong(name.error().message + " --map-names finds another one.");
  const std::string mapped = mapped_username(account.username);
  Result<std::string> other = parse_username(mapped);
  if (other) ready.note = "has the username " + *other + " here";
  return other ? std::move(other) : std::move(name);
}

Result<void> take_names(const Account& account, const Rules& rules, Prepared& ready) {
  tables::User& user = ready.user;
  if (!account.username.empty()) user.username = TRY(parse_name(account, rules, ready));
  if (account.email.empty()) return {};
  Result<std::string> email = parse_email(account.email);
  if (email) {
    user.email = std::move(*email);
  } else if (rules.maps_names && !user.username.empty()) {
    ready.losses.emplace_back("email that is not an address");
  } else {
    return email.error();
  }
  return {};
}

// A name that is too long is cut; one with control characters is refused.
Result<std::string> parse_person(const std::string& name, const char* field, Prepared& ready) {
  Result<std::string> whole = parse_person_name(name, field);
  if (whole || !is_valid_utf8(name) || has_control(name)) return whole;
  std::string_view rest = name;
  for (size_t i = 0; i < kMaxPersonName && !rest.empty(); ++i)
    rest.remove_prefix(first_code_point(rest));
  ready.losses.push_back(std::string(field) + " beyond 100 characters");
  return parse_person_name(name.substr(0, name.size() - rest.size()), field);
}

// Stored unchanged, because encoding it again would lose quality each time. So it must be an image
// that authd produced, as far as its structure shows.
Result<std::string> check_avatar(const std::string& text) {
  if (text.empty()) return std::string();
  std::optional<std::string> jpeg = base64_decode(text);
  if (!jpeg || !is_avatar(*jpeg)) return wrong("the avatar is not a JPEG that authd exported");
  return std::move(*jpeg);
}

// Those of an export stay, declared here or not; those of a table of text get their types here.
Result<AttributeValues> check_attributes(const Account& account, const Rules& rules) {
  AttributeChanges changes = account.attributes;
  for (const auto& [name, text] : account.attribute_texts) {
    const auto change = attribute_change_of(rules.realm, name, text);
    if (!change) return wrong(change.error().field + ": " + change.error().message);
    changes.push_back(*change);
  }
  AttributeValues values;
  for (auto& [name, value] : changes) {
    if (!value || is_empty(*value)) continue;
    const Result<void> checked = check_attribute_value(name, *value);
    if (!checked) return wrong(checked.error().field + ": " + checked.error().message);
    values.insert_or_assign(name, std::move(*value));
  }
  if (stored_size(values) > kMaxAttributeBytes) {
    return wrong("attributes: " + attributes_too_long().message);
  }
  return values;
}

Result<void> take_terms(const Account& account, tables::User& user, Time now) {
  if (account.terms_version.empty()) return {};
  const std::string& version = account.terms_version;
  const bool is_version =
      version.size() <= kMaxTermsVersion &&
      std::all_of(version.begin(), version.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!is_version) return wrong("the terms_version is not valid");
  user.terms_version = version;
  user.terms_accepted_at = time_of(account.terms_accepted_at, now);
  return {};
}

// Takes those that work here, with their counts; the others are losses.
Result<void> take_passkeys(const Account& account, const Rules& rules, Prepared& ready, Time now) {
  if (account.passkeys.empty()) return {};
  const auto handle = base64url_decode(account.user_handle);
  if (!handle || handle->size() != kUserHandleBytes) return wrong("the user_handle is not valid");
  if (account.passkeys.size() > kMaxPasskeysPerUser) return wrong("there are too many passkeys");
  std::set<std::string> ids;
  for (const tables::Passkey& one : account.passkeys) {
    tables::Passkey row = TRY(check_passkey(one, now));
    if (!ids.insert(row.id).second) return wrong("a passkey occurs twice");
    if (row.rp_id != rules.realm.passkeys.rp_id) {
      ready.losses.push_back(is_whole_login(row)
                                 ? "passkey for another host (passkeys.rp_id)"
                                 : "second factor: a security key for another host");
      continue;
    }
    count_of(ready.user, row) += 1;
    ready.passkeys.push_back(std::move(row));
  }
  if (!ready.passkeys.empty()) ready.user.passkey_handle = *handle;
  return {};
}

}  // namespace

Result<Prepared> prepare(const Account& account, const Rules& rules, Time now) {
  Prepared ready;
  tables::User& user = ready.user;
  ready.losses = account.losses;
  ready.ignored = account.ignored;
  TRY(take_names(account, rules, ready));
  if (user.username.empty() && user.email.empty()) return wrong("has neither username nor email");
  if (!account.subject.empty() && !is_uuid(account.subject)) {
    return wrong("the subject is not a UUID in lower case");
  }
  user.subject = account.subject;
  user.password_hash = TRY(parse_hash(account, rules, ready));
  user.email_verified = account.email_verified && !user.email.empty();
  user.mailbox_alone = account.mailbox_alone && user.email_verified;
  user.awaits_email = account.awaits_email && !user.email.empty();
  user.is_claim = account.is_claim;
  user.must_change_password = account.must_change_password && !user.password_hash.empty();
  TRY(take_terms(account, user, now));
  user.first_name = TRY(parse_person(account.first_name, "first_name", ready));
  user.last_name = TRY(parse_person(account.last_name, "last_name", ready));
  user.phone_number = TRY(parse_phone_number(account.phone_number));
  user.locale = locale_of(account.locale);
  if (user.locale.empty() && !account.locale.empty()) ready.ignored.emplace_back("locale");
  if (account.avatar_url.size() > kMaxAvatarUrl || !is_valid_utf8(account.avatar_url)) {
    return wrong("the URL of the avatar is not UTF-8 or longer than 2048 bytes");
  }
  user.avatar_url = account.avatar_url;
  ready.avatar = TRY(check_avatar(account.avatar));
  if (!ready.avatar.empty()) user.avatar_version = avatar_version(ready.avatar);
  user.disabled = account.disabled || (account.disabled_until && *account.disabled_until > now);
  user.created_at = time_of(account.created_at, now);
  user.updated_at = time_of(account.updated_at, now);
  user.last_activity = time_of(account.last_activity, Time{});
  const Time changed = user.password_hash.empty() ? Time{} : user.created_at;
  user.password_changed_at = time_of(account.password_changed_at, changed);
  ready.roles = TRY(check_roles(account, rules));
  ready.attributes = TRY(check_attributes(account, rules));
  ready.totp = TRY(parse_totp(account));
  ready.totp_since = time_of(account.totp_since, now);
  ready.totp_last_step = account.totp_last_step;
  user.mfa_enabled = !ready.totp.empty();
  TRY(take_passkeys(account, rules, ready, now));
  if (rules.keeps_ids) ready.wanted_id = account.id;
  if (ready.wanted_id > kMaxId) return wrong("the id is too large");
  return ready;
}

std::string name_of(const Account& account) {
  return account.username.empty() ? account.email : account.username;
}

}  // namespace authd::auth::transfer
