// authd user add|set|show|passwd|disable|enable|delete|grant-role|revoke-role|logout|…
#include "auth/accounts/account/accounts.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/roles/role_removal.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/login_methods.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/enrolment.h"
#include "auth/upkeep/retention.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "cli/frame/names.h"
#include "cli/people/bulk.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

constexpr const char* kLocaleHelp =
    "The language of the account's mails: en, de, fr, es, it, pt-BR, nl, pl, ja or zh-Hans";

constexpr const char* kMustChangeHelp = "The person has to set a new password at the next login";

struct UserFlags {
  std::string who;   // an id, a username or an email
  std::string name;  // the argument of `user add`: a username
  std::string username;
  std::string email;
  std::string first_name;
  std::string last_name;
  std::string phone;
  std::string locale;
  // Of `user set`, where empty text clears.
  std::optional<std::string> new_username;
  std::optional<std::string> new_email;
  std::optional<std::string> new_verified;  // "true" or "false"
  std::optional<std::string> new_first_name;
  std::optional<std::string> new_last_name;
  std::optional<std::string> new_phone;
  std::optional<std::string> new_locale;
  std::vector<std::string> roles;
  std::vector<std::string> attributes;  // NAME=VALUE
  std::string expires_in = "24h";
  bool is_admin = false;
  bool must_change = false;                    // the password, at the next login
  std::optional<std::string> new_must_change;  // "true" or "false"
  std::string role;                            // of grant-role and revoke-role
  BulkFlags bulk;
  bool is_sure = false;

  auth::LastAdmin last_admin() const {
    return bulk.is_forced ? auth::LastAdmin::may_go : auth::LastAdmin::stays;
  }
};

// "department=Research"; empty text removes a value.
Result<auth::AttributeChanges> attributes_of(const auth::Services& s, const UserFlags& flags) {
  auth::AttributeChanges changes;
  for (const std::string& text : flags.attributes) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{ErrorCode::usage, "--attribute \"" + text + "\" is not of the form NAME=VALUE"};
    }
    const std::string name = text.substr(0, equals);
    if (std::ranges::find(changes, name, &auth::AttributeChanges::value_type::first) !=
        changes.end()) {
      return Error{ErrorCode::usage,
                   "--attribute " + name + " is given twice: give one value, or a list as a,b"};
    }
    auto change = auth::attribute_change_of(s.config, name, text.substr(equals + 1));
    if (!change) {
      return Error{ErrorCode::usage, "--attribute " + name + ": " + change.error().message};
    }
    changes.push_back(std::move(*change));
  }
  return changes;
}

std::string line(const std::string& name, const std::string& value) {
  std::string text = name + ":";
  text.resize(std::max<size_t>(16, text.size() + 1), ' ');
  return value.empty() ? std::string() : text + printable(value) + "\n";
}

// Indented, since an attribute may have the name of a line of authd's own, and the person may be
// the one who writes it.
std::string shown_attributes(const config::Realm& realm, const auth::AttributeValues& values) {
  std::string text;
  for (const config::Attribute& attribute : realm.attributes) {
    const auto found = values.find(attribute.name);
    if (found == values.end()) continue;
    const auto* texts = std::get_if<std::vector<std::string>>(&found->second);
    text += line("  " + attribute.name,
                 texts == nullptr ? auth::attribute_text(found->second) : joined(*texts, ", "));
  }
  return text.empty() ? text : "attributes:\n" + text;
}

std::string terms_text(const tables::User& user) {
  if (user.terms_version.empty()) return "";
  return user.terms_version + ", accepted " + time_text(user.terms_accepted_at);
}

Result<void> print_user(const Command& command, const auth::Services& s,
                        const auth::AccountView& view) {
  const auto next = TRY(auth::look_at_retention(s, view.user.id));
  const tables::User& user = view.user;
  std::string text =
      line("id", std::to_string(user.id.value)) + line("subject", user.subject) +
      line("username", user.username) + line("email", user.email) +
      line("verified", user.email.empty()    ? ""
                       : user.mailbox_alone  ? "yes (mailbox only)"
                       : user.email_verified ? "yes"
                                             : "no") +
      line("first name", user.first_name) + line("last name", user.last_name) +
      line("phone", user.phone_number) + line("locale", user.locale) +
      line("roles", joined(view.roles, ", ")) +
      line("status", user.disabled ? "disabled" : "active") +
      line("next login", user.must_change_password ? "asks for a new password" : "") +
      line("terms", terms_text(user)) + line("created", time_text(user.created_at)) +
      line("updated", time_text(user.updated_at)) +
      line("last activity", time_text(user.last_activity)) +
      line("if unused", next ? auth::in_words(*next) : "");
  text += shown_attributes(s.config, view.attributes);
  command.print(text, [&](JsonWriter& json) { api::write_account(json, view, s.config, next); });
  return {};
}

Result<void> show(Command& command, UserId id) {
  const auth::Services* s = TRY(command.services());
  return print_user(command, *s, TRY(auth::view_account(*s, id)));
}

// What create_account() would refuse whatever the password is.
Result<void> check_before_asking(const auth::Services& s, const auth::NewAccount& account) {
  for (const std::string& role : account.roles) {
    if (const auto view = auth::view_role(s, role); !view) {
      return with_near_role(s, role, view.error());
    }
  }
  TRY(auth::check_attribute_changes(s.config, account.attributes, auth::AttributeSide::admin));
  return auth::check_new_names(s, account);
}

Result<void> add(Command& command, const UserFlags& flags) {
  auth::NewAccount account;
  if (!flags.name.empty() && !flags.username.empty()) {
    return Error{ErrorCode::usage, "give the username once: as the argument or with --username"};
  }
  account.username = flags.name.empty() ? flags.username : flags.name;
  account.email = flags.email;
  if (account.username.empty() && account.email.empty()) {
    return Error{ErrorCode::usage,
                 "give a username, or an email with --email; see authd user add --help"};
  }
  account.first_name = flags.first_name;
  account.last_name = flags.last_name;
  account.phone_number = flags.phone;
  account.locale = flags.locale;
  account.roles = flags.roles;
  account.must_change_password = flags.must_change;
  if (flags.is_admin) account.roles.emplace_back(auth::kAdminRole);
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  account.attributes = TRY(attributes_of(*s, flags));
  TRY(from_arguments(check_before_asking(*s, account)));
  account.is_by_mail = !auth::is_offered(s->config, config::LoginMethod::password);
  if (!account.is_by_mail) account.password = TRY(read_password("Password", true));
  return show(command,
              TRY(from_arguments(auth::create_account(*s, account, operator_origin()))).id);
}

// Finds the user, calls `act`, and says what was done: `told` begins with the user ("is disabled").
// With --json it is the user's new state.
template <typename Act>
Result<void> change(Command& command, const UserFlags& flags, const std::string& told, Act act) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(find_user(*s, flags.who));
  const Time now = command.clock().now();
  const size_t before = TRY(auth::list_sessions(*s, user.id, now)).size();
  TRY(act(*s, user));
  const size_t after = TRY(auth::list_sessions(*s, user.id, now)).size();
  std::string text = named(user) + " " + told;
  if (after < before) {
    text += "; " + counted(before - after, "session was", "sessions were") + " ended";
  }
  const auth::AccountView view = TRY(auth::view_account(*s, user.id));
  const auto next = TRY(auth::look_at_retention(*s, user.id));
  command.print(printable(text),
                [&](JsonWriter& json) { api::write_account(json, view, s->config, next); });
  return {};
}

// What is given changes; empty text clears it.
Result<void> set(Command& command, const UserFlags& flags) {
  auth::ProfileChange wanted;
  wanted.username = flags.new_username;
  wanted.email = flags.new_email;
  wanted.first_name = flags.new_first_name;
  wanted.last_name = flags.new_last_name;
  wanted.phone_number = flags.new_phone;
  wanted.locale = flags.new_locale;
  if (flags.new_verified) wanted.email_verified = *flags.new_verified == "true";
  if (flags.new_must_change) wanted.must_change_password = *flags.new_must_change == "true";
  const bool is_nothing = flags.attributes.empty() && !wanted.username && !wanted.email &&
                          !wanted.first_name && !wanted.last_name && !wanted.phone_number &&
                          !wanted.locale && !wanted.email_verified && !wanted.must_change_password;
  if (is_nothing) {
    return Error{ErrorCode::usage, "say what to change; see authd user set --help"};
  }
  return change(command, flags, "is changed",
                [&](const auth::Services& s, const tables::User& user) -> Result<void> {
                  wanted.attributes = TRY(attributes_of(s, flags));
                  TRY(from_arguments(auth::change_profile(s, user.id, wanted, operator_origin())));
                  return {};
                });
}

// The link alone on standard output, for a script or the clipboard.
Result<void> make_enroll_link(Command& command, const UserFlags& flags) {
  const Result<Milliseconds> life = config::parse_duration(flags.expires_in);
  if (!life) return Error{ErrorCode::usage, "--expires-in: " + life.error().message};
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(find_user(*s, flags.who));
  const auth::EnrollLink link =
      TRY(from_arguments(auth::make_enroll_link(*s, user.id, *life, operator_origin())));
  command.print(link.url, [&](JsonWriter& json) { api::write_enroll_link(json, link); });
  return {};
}

Result<void> remove(Command& command, const UserFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(find_user(*s, flags.who));
  TRY(confirm(flags.bulk.is_sure, "delete " + named(user) + " permanently"));
  TRY(or_name_force(auth::delete_account(*s, user.id, operator_origin(), flags.last_admin())));
  command.print(printable(named(user)) + " is deleted", [&](JsonWriter& json) {
    json.begin_object().field("deleted", user.id.value).end_object();
  });
  return {};
}

// `one` changes the single account that is named; several, or those of a file, are changed alike.
template <typename One>
auto one_or_many(auth::BulkChange change, One one) {
  return [change, one](Command& c, const UserFlags& f) -> Result<void> {
    if (!f.bulk.is_single()) return change_many(c, f.bulk, change);
    UserFlags single = f;
    single.who = f.bulk.people.front();
    return one(c, single);
  };
}

// disable, enable, delete, grant-role and revoke-role: of one account or of many.
void add_access_commands(Group<UserFlags>& group) {
  using auth::BulkAction;
  BulkFlags& bulk = group.flags->bulk;
  const auto disable = [](Command& c, const UserFlags& f) {
    return change(c, f, "is disabled", [&](const auth::Services& s, const tables::User& user) {
      return or_name_force(auth::set_disabled(s, user.id, true, operator_origin(), f.last_admin()));
    });
  };
  const auto enable = [](Command& c, const UserFlags& f) {
    return change(c, f, "is enabled", [](const auth::Services& s, const tables::User& user) {
      return auth::set_disabled(s, user.id, false, operator_origin());
    });
  };
  const auto add = [&](const char* name, const char* help, auto action, bool can_force) {
    const Subcommand one = group.add(name, help, action);
    add_bulk_options(one, bulk);
    if (can_force) one.add_flag("--force", bulk.is_forced, kForceHelp);
    return one;
  };
  add("disable", "Refuse logins and end all sessions", one_or_many({BulkAction::disable}, disable),
      true);
  add("enable", "Allow logins again", one_or_many({BulkAction::enable}, enable), false);
  add("delete", "Delete accounts permanently", one_or_many({BulkAction::remove}, &remove), true);
  for (const bool grants : {true, false}) {
    const auto move = [grants](Command& c, const UserFlags& f) {
      return change_many(c, f.bulk, {grants ? BulkAction::grant : BulkAction::revoke, f.role});
    };
    const Subcommand one =
        group.add(grants ? "grant-role" : "revoke-role",
                  grants ? "Give accounts a role" : "Take a role from accounts", move);
    one.add_option("ROLE", group.flags->role, "The role's name").required();
    add_bulk_options(one, bulk);
    if (!grants) one.add_flag("--force", bulk.is_forced, kForceHelp);
  }
}

void add_attribute_option(const Subcommand& app, UserFlags& flags) {
  app.add_option("--attribute", flags.attributes,
                 "An attribute of the configuration; several texts as a,b or [\"a\",\"b\"]; may be "
                 "repeated")
      .type_name("NAME=VALUE")
      .one_value_each();
}

void add_set_options(const Subcommand& app, UserFlags& flags) {
  app.add_option("--username", flags.new_username, "The new username");
  app.add_option("--email", flags.new_email, "The new email, which is not verified");
  app.add_option("--email-verified", flags.new_verified,
                 "Whether the email is known to be the person's")
      .check(one_of({"true", "false"}));
  app.add_option("--first-name", flags.new_first_name, "The first name");
  app.add_option("--last-name", flags.new_last_name, "The last name");
  app.add_option("--phone", flags.new_phone,
                 "The phone number, with the country's code: +49 30 123456");
  app.add_option("--locale", flags.new_locale, kLocaleHelp).type_name("TAG");
  app.add_option("--must-change-password", flags.new_must_change,
                 "Whether the next login asks for a new password")
      .check(one_of({"true", "false"}));
  add_attribute_option(app, flags);
}

}  // namespace

void add_user(const Subcommand& app, Command& command) {
  Group<UserFlags> group(app, command, "user",
                         "Accounts: add, set, list, find, prune, show, passwd, disable, enable, "
                         "delete, grant-role, revoke-role, logout, unlock, reset-mfa, enroll-link; "
                         "their passkeys and devices");
  const auto& flags = group.flags;
  // A command for the account named by its argument.
  const auto sub = [&](const char* name, const char* help, auto action) {
    const Subcommand one = group.add(name, help, action);
    one.add_option("USER", flags->who, kUserHelp).required();
    return one;
  };
  const Subcommand adding = group.add(
      "add", "Create an account; the password is read from the terminal or standard input", &add);
  adding.add_option("NAME", flags->name, "The username");
  adding.add_option("--username", flags->username, "The username, in place of NAME");
  adding.add_option("--email", flags->email, "The email");
  adding.add_option("--first-name", flags->first_name, "The first name");
  adding.add_option("--last-name", flags->last_name, "The last name");
  adding.add_option("--phone", flags->phone,
                    "The phone number, with the country's code: +49 30 123456");
  adding.add_option("--locale", flags->locale, kLocaleHelp).type_name("TAG");
  adding.add_option("--role", flags->roles, "A role beyond \"user\"; may be repeated")
      .type_name("ROLE");
  adding.add_flag("--admin", flags->is_admin, "Grant the role \"admin\"");
  adding.add_flag("--must-change-password", flags->must_change, kMustChangeHelp);
  add_attribute_option(adding, *flags);
  const Subcommand setting =
      sub("set", "Change an account; an empty value clears the field (also: user edit)", &set);
  setting.alias("edit");
  add_set_options(setting, *flags);
  add_people(group.app(), command);
  add_prune(group.app(), command);
  sub("show", "Show an account", [](Command& c, const UserFlags& f) -> Result<void> {
    const auth::Services* s = TRY(c.services());
    return show(c, TRY(find_user(*s, f.who)).id);
  });
  sub("passwd", "Set the password, read from the terminal or standard input; ends all sessions",
      [](Command& c, const UserFlags& f) {
        const auto set = [&](const auth::Services& s, const tables::User& user) -> Result<void> {
          const Password password = TRY(read_password("New password", true));
          return from_arguments(
              auth::set_password(s, user.id, password, operator_origin(), f.must_change));
        };
        return change(c, f, "has a new password", set);
      })
      .add_flag("--must-change", flags->must_change, kMustChangeHelp);
  add_access_commands(group);
  sub("logout", "End all sessions", [](Command& c, const UserFlags& f) {
    return change(c, f, "is logged out", [](const auth::Services& s, const tables::User& user) {
      return auth::end_all_sessions(s, user.id, operator_origin());
    });
  });
  sub("unlock", "Forget the failed logins of the account", [](Command& c, const UserFlags& f) {
    const auto forget = [](const auth::Services& s, const tables::User& user) -> Result<void> {
      TRY(auth::unlock(s, user.id, operator_origin()));
      return {};
    };
    return change(c, f, "can log in again: the failures are forgotten", forget);
  });
  sub("reset-mfa", "Remove lost second factors and end all sessions",
      [](Command& c, const UserFlags& f) {
        const auto reset = [&](const auth::Services& s, const tables::User& user) -> Result<void> {
          TRY(confirm(f.is_sure, "remove the second factors of " + named(user)));
          return auth::reset_factors(s, user.id, operator_origin());
        };
        return change(c, f, "has no second factor any more", reset);
      })
      .add_flag("--yes", flags->is_sure, kYesHelp);
  sub("enroll-link", "Create a link with which the person creates a passkey and signs in",
      &make_enroll_link)
      .add_option("--expires-in", flags->expires_in, "How long it is valid: 1h to 168h")
      .capture_default_str();
  add_passkey(group.app(), command);
  add_device(group.app(), command);
}

}  // namespace authd::cli
