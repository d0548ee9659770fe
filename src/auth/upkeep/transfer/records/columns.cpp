#include "auth/upkeep/transfer/records/columns.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "tables/users.h"

namespace authd::auth::transfer {
namespace {

using SetColumn = bool (*)(Account&, std::string_view);

// MySQL's and Go's zero time, and PostgreSQL's infinities: no time that means anything.
bool is_no_time(std::string_view text) {
  return text.starts_with("0000-00-00") || text.starts_with("0001-01-01") || text == "infinity" ||
         text == "-infinity";
}

template <std::string Account::*member>
bool set_text(Account& account, std::string_view text) {
  account.*member = text;
  return true;
}

template <bool Account::*member, bool is_turned = false>
bool set_flag(Account& account, std::string_view text) {
  const std::optional<bool> flag = parse_flag(text);
  if (flag) account.*member = *flag != is_turned;
  return flag.has_value();
}

template <std::optional<Time> Account::*member>
bool set_time(Account& account, std::string_view text) {
  if (is_no_time(text)) return true;
  account.*member = parse_time(text);
  return (account.*member).has_value();
}

// Laravel, Devise and others keep when the email was confirmed.
bool set_verified_at(Account& account, std::string_view text) {
  if (is_no_time(text)) return true;
  const std::optional<Time> at = parse_time(text);
  account.email_verified = at && *at > Time{};
  return at.has_value();
}

bool set_name(Account& account, std::string_view text) {
  if (account.first_name.empty() && account.last_name.empty()) set_full_name(account, text);
  return true;
}

// A UUID is an id as well, but one that authd cannot keep.
bool set_id(Account& account, std::string_view text) {
  account.id = parse_unsigned(text).value_or(0);
  return true;
}

// "editor;billing"; a comma also works. A space does not separate: other systems have roles such as
// "Billing Admin", which must not become two roles, one of them "admin" (check.cpp refuses the
// name).
bool set_roles(Account& account, std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(";,"), text.size());
    const std::string_view name = trimmed(text.substr(0, end), " ");
    if (!name.empty()) account.roles.push_back(lower(name));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

struct Column {
  std::string_view name;
  SetColumn set;
};

constexpr std::array kColumns = {
    Column{"id", &set_id},
    Column{"username", &set_text<&Account::username>},
    Column{"user_name", &set_text<&Account::username>},
    Column{"login", &set_text<&Account::username>},
    Column{"user_login", &set_text<&Account::username>},
    Column{"email", &set_text<&Account::email>},
    Column{"e_mail", &set_text<&Account::email>},
    Column{"mail", &set_text<&Account::email>},
    Column{"email_address", &set_text<&Account::email>},
    Column{"user_email", &set_text<&Account::email>},
    Column{"email_verified", &set_flag<&Account::email_verified>},
    Column{"is_verified", &set_flag<&Account::email_verified>},
    Column{"email_confirmed", &set_flag<&Account::email_verified>},
    Column{"must_change_password", &set_flag<&Account::must_change_password>},
    Column{"email_verified_at", &set_verified_at},
    Column{"email_confirmed_at", &set_verified_at},
    Column{"confirmed_at", &set_verified_at},
    Column{"password_hash", &set_text<&Account::password_hash>},
    Column{"hashed_password", &set_text<&Account::password_hash>},
    Column{"password", &set_text<&Account::password_hash>},
    Column{"encrypted_password", &set_text<&Account::password_hash>},
    Column{"password_digest", &set_text<&Account::password_hash>},
    Column{"passwd", &set_text<&Account::password_hash>},
    Column{"user_pass", &set_text<&Account::password_hash>},
    Column{"name", &set_name},
    Column{"full_name", &set_name},
    Column{"display_name", &set_name},
    Column{"first_name", &set_text<&Account::first_name>},
    Column{"given_name", &set_text<&Account::first_name>},
    Column{"last_name", &set_text<&Account::last_name>},
    Column{"family_name", &set_text<&Account::last_name>},
    Column{"surname", &set_text<&Account::last_name>},
    Column{"phone_number", &set_text<&Account::phone_number>},
    Column{"phone", &set_text<&Account::phone_number>},
    Column{"mobile", &set_text<&Account::phone_number>},
    Column{"locale", &set_text<&Account::locale>},
    Column{"language", &set_text<&Account::locale>},
    Column{"preferred_language", &set_text<&Account::locale>},
    Column{"avatar_url", &set_text<&Account::avatar_url>},
    Column{"roles", &set_roles},
    Column{"role", &set_roles},
    Column{"totp_secret", &set_text<&Account::totp_secret>},
    Column{"mfa_secret", &set_text<&Account::totp_secret>},
    Column{"otp_secret", &set_text<&Account::totp_secret>},
    Column{"totp_enabled", &set_flag<&Account::totp_in_force>},
    Column{"mfa_enabled", &set_flag<&Account::totp_in_force>},
    Column{"is_mfa_enabled", &set_flag<&Account::totp_in_force>},
    Column{"disabled", &set_flag<&Account::disabled>},
    Column{"is_disabled", &set_flag<&Account::disabled>},
    Column{"blocked", &set_flag<&Account::disabled>},
    Column{"is_blocked", &set_flag<&Account::disabled>},
    Column{"is_active", &set_flag<&Account::disabled, true>},
    Column{"active", &set_flag<&Account::disabled, true>},
    Column{"enabled", &set_flag<&Account::disabled, true>},
    Column{"created_at", &set_time<&Account::created_at>},
    Column{"created", &set_time<&Account::created_at>},
    Column{"date_joined", &set_time<&Account::created_at>},
    Column{"user_registered", &set_time<&Account::created_at>},
    Column{"updated_at", &set_time<&Account::updated_at>},
    Column{"last_login", &set_time<&Account::last_activity>},
    Column{"last_login_at", &set_time<&Account::last_activity>},
    Column{"last_sign_in_at", &set_time<&Account::last_activity>},
    Column{"last_activity", &set_time<&Account::last_activity>},
};

// What follows names an attribute of this server; check.cpp refuses one that is not declared.
constexpr std::string_view kAttributePrefix = "attributes.";

const Column* find_column(std::string_view name) {
  const auto found = std::find_if(kColumns.begin(), kColumns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == kColumns.end() ? nullptr : &*found;
}

// Numbers from here on are milliseconds; as seconds this would be the year 5138.
constexpr int64_t kFirstMilliseconds = 100'000'000'000;

std::optional<Time> parse_epoch(std::string_view digits) {
  int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, failure] = std::from_chars(digits.data(), end, number);
  if (failure != std::errc() || at != end) return std::nullopt;
  return number >= kFirstMilliseconds ? Time(Milliseconds(number)) : from_unix_seconds(number);
}

}  // namespace

bool is_known_column(std::string_view name) {
  return find_column(name) != nullptr || name.starts_with(kAttributePrefix);
}

std::string column_name(std::string_view written) {
  std::string name;
  char last = ' ';
  for (const char c : trimmed(written, " \t\"")) {
    if (c >= 'A' && c <= 'Z' && last >= 'a' && last <= 'z') name += '_';
    name += c == ' ' || c == '-' ? '_' : lower(c);
    last = c;
  }
  return name;
}

void note_unknown(Account& account, std::string_view what, std::string_view name) {
  constexpr size_t kMaxName = 100;
  const auto has_one_of = [&](std::initializer_list<std::string_view> parts) {
    return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
      return name.find(part) != std::string_view::npos;
    });
  };
  const bool is_telling = has_one_of({"password", "passwd", "pwd", "hash", "secret", "otp", "mfa",
                                      "2fa", "two_factor", "recovery_code", "backup_code"}) &&
                          !has_one_of({"reset", "token", "_at", "hint", "expire", "change", "date",
                                       "count", "attempt", "version", "method", "type"});
  auto& list = is_telling ? account.losses : account.ignored;
  list.push_back(std::string(what) + " " + std::string(name.substr(0, kMaxName)));
}

bool set_column(Account& account, std::string_view name, std::string_view text) {
  if (name.starts_with(kAttributePrefix)) {
    account.attribute_texts.emplace_back(name.substr(kAttributePrefix.size()), text);
    return true;
  }
  const Column* column = find_column(name);
  return column == nullptr || text.empty() || column->set(account, text);
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text.size() == 1 && (text[0] == '\0' || text[0] == '\1')) return text[0] == '\1';
  const std::string flag = lower(text);
  for (const char* yes : {"1", "true", "t", "yes", "y", "on"}) {
    if (flag == yes) return true;
  }
  for (const char* no : {"0", "false", "f", "no", "n", "off"}) {
    if (flag == no) return false;
  }
  return std::nullopt;
}

std::optional<Time> parse_time(std::string_view text) {
  if (is_digits(text)) return parse_epoch(text);
  std::string rfc(text);
  constexpr size_t kDate = 10;
  if (rfc.size() == kDate) rfc += "T00:00:00";
  if (rfc.size() < kDate + 1) return std::nullopt;
  if (rfc[kDate] == ' ') rfc[kDate] = 'T';
  const size_t offset = rfc.find_first_of("+-Zz ", kDate);
  if (offset == std::string::npos) {
    rfc += 'Z';
  } else if (rfc.substr(offset) == " UTC") {
    rfc.replace(offset, std::string::npos, "Z");
  } else if (rfc.size() - offset == 3) {  // "+00"
    rfc += ":00";
  } else if (rfc.size() - offset == 5 && rfc.find(':', offset) == std::string::npos) {  // "+0000"
    rfc.insert(offset + 3, ":");
  }
  return parse_rfc3339(rfc);
}

void set_full_name(Account& account, std::string_view name) {
  const size_t space = name.rfind(' ');
  account.first_name = name.substr(0, space);
  account.last_name = space == std::string_view::npos ? "" : name.substr(space + 1);
}

void settle_names(Account& account) {
  if (account.username.find('@') == std::string::npos) return;
  if (account.email.empty()) account.email = account.username;
  if (tables::fold(account.email) == tables::fold(account.username)) account.username.clear();
}

}  // namespace authd::auth::transfer
