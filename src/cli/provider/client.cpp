// authd client add|list|show|set|rotate|secret|logo|preview|delete; logouts: client_logouts.cpp;
// registration-token: client_registration.cpp
#include "auth/oauth/clients/client_admin.h"

#include <algorithm>
#include <cstdio>

#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/protocol/key_set.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/portal.h"
#include "auth/oauth/tokens/preview.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/input.h"
#include "cli/frame/names.h"
#include "cli/provider/client_templates.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

constexpr size_t kMaxMetadata = 1 << 20;  // bytes
constexpr size_t kMaxLogo = 8 << 20;      // of the file; the converter takes less

// The options that say something about a member, in one shape for all: their values by the name of
// the member.
struct ClientFlags {
  std::string name;
  std::string id;
  std::vector<std::string> members;  // NAME=VALUE
  std::map<std::string, std::vector<std::string>> options;
  bool is_public = false;
  std::string metadata_file;
  std::string jwks_file;
  std::string template_id;
  std::string url;  // of the application
  std::string logo_file;
  bool removes_logo = false;
  std::string secret_id;
  std::string expires_in = "0";
  std::string overlap = "0";
  std::string scopes;
  bool is_sure = false;
};

void warn(const auth::Services& s, const tables::Client& client) {
  for (const std::string& warning : auth::client_warnings(s.config, client))
    std::fprintf(stderr, "authd: %s: %s\n", client.id.c_str(), warning.c_str());
}

// "NAME=VALUE" sets a member; "NAME+=VALUE" and "NAME-=VALUE" add to a list and take from it.
Result<auth::ClientChange> change_of(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error{ErrorCode::usage, "\"" + text + "\" is not of the form NAME=VALUE"};
  }
  const char sign = text[equals - 1];
  const bool is_part = sign == '+' || sign == '-';
  const std::string name = text.substr(0, is_part ? equals - 1 : equals);
  const std::string value = text.substr(equals + 1);
  if (!is_part) return from_arguments(auth::change_from_text(name, value));
  using How = auth::ClientChange::How;
  return auth::ClientChange{name, value, sign == '+' ? How::add : How::remove};
}

Result<std::vector<auth::ClientChange>> changes_of(const ClientFlags& flags) {
  std::vector<auth::ClientChange> changes;
  for (const auto& [name, values] : flags.options) {
    if (values.empty()) continue;
    const auth::ClientMember* member = auth::find_client_member(name);
    const bool is_list = member != nullptr && member->kind == auth::ClientMember::Kind::list;
    changes.push_back(
        {name, is_list ? auth::MemberValue(values) : auth::MemberValue(values.back())});
  }
  if (!flags.jwks_file.empty()) {
    std::string set = TRY(read_input(flags.jwks_file, auth::kMaxKeySetBytes));
    changes.push_back({"jwks", std::move(set)});
  }
  if (flags.is_public) changes.push_back({"public", true});
  for (const std::string& text : flags.members)
    changes.push_back(TRY(change_of(text)));
  return changes;
}

// The template that the flags name, whose members then are in `wanted`; null if they name none.
Result<const auth::ClientTemplate*> apply_template(auth::NewClient& wanted,
                                                   const ClientFlags& flags) {
  if (flags.template_id.empty()) {
    if (flags.url.empty()) return nullptr;
    return Error{ErrorCode::usage, "--url is allowed only with --template"};
  }
  const auto* from =
      TRY(from_arguments(auth::find_template(api::client_templates(), flags.template_id)));
  TRY(from_arguments(auth::apply_template(wanted, *from, flags.url)));
  return from;
}

std::string told(const auth::MadeClient& made) {
  std::string text = "client_id:     " + made.client.id;
  const bool signs = made.client.auth_method == auth::kPrivateKeyAuth;
  if (signs) return text + "\nIt has no secret: it signs with its keys (private_key_jwt).";
  if (made.secret.empty()) return text;
  return text + "\nclient_secret: " + std::string(made.secret.reveal()) +
         "\nThe secret is shown only this once.";
}

// One object, or an array of them. The reader knows only objects, so an array becomes one.
Result<std::vector<JsonObject>> metadata_in(const std::string& file) {
  const std::string text = TRY(read_file(file, kMaxMetadata));
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || text[first] != '[') {
    return std::vector<JsonObject>{TRY(JsonObject::parse(text))};
  }
  const JsonObject whole = TRY(JsonObject::parse("{\"clients\":" + text + "}"));
  return TRY(whole.optional_objects("clients")).value_or(std::vector<JsonObject>{});
}

// Which client of the file an error is about.
Error in_file(Error error, size_t number, const std::vector<auth::ClientChange>& members) {
  std::string name;
  for (const auth::ClientChange& change : members) {
    const auto* text = std::get_if<std::string>(&change.value);
    if (change.name == "name" && text != nullptr) name = " (" + printable(*text) + ")";
  }
  const std::string member = error.field.empty() ? "" : error.field + ": ";
  error.message = "client " + std::to_string(number) + name + ": " + member + error.message;
  return error;
}

Result<std::vector<auth::NewClient>> wanted_by(const std::string& file) {
  std::vector<auth::NewClient> all;
  for (const JsonObject& metadata : TRY(metadata_in(file))) {
    auth::NewClient wanted;
    wanted.id = TRY(metadata.optional_string("client_id")).value_or("");
    wanted.secret = ClientSecret(TRY(metadata.optional_string("client_secret")).value_or(""));
    auto members = auth::changes_from_metadata(metadata);
    if (!members) return in_file(members.error(), all.size() + 1, {});
    wanted.members = std::move(*members);
    all.push_back(std::move(wanted));
  }
  return all;
}

// All of them, or none.
Result<void> add_from_metadata(Command& command, const auth::Services& s,
                               const ClientFlags& flags) {
  const std::vector<auth::NewClient> wanted = TRY(wanted_by(flags.metadata_file));
  size_t at = 0;
  const auto made = auth::add_clients(s, wanted, operator_origin(), at);
  if (!made) return in_file(made.error(), at + 1, wanted[at].members);
  std::string text;
  for (const auth::MadeClient& one : *made) {
    warn(s, one.client);
    text += (text.empty() ? "" : "\n") + told(one);
  }
  command.print(text, [&](JsonWriter& json) {
    api::write_list(json, "clients", *made, [&](JsonWriter& to, const auth::MadeClient& one) {
      api::write_made_client(to, s.config, one);
    });
  });
  return {};
}

Result<void> add(Command& command, const ClientFlags& flags) {
  const bool is_named = !flags.name.empty() || !flags.template_id.empty();
  if (is_named == !flags.metadata_file.empty()) {
    return Error{ErrorCode::usage,
                 "give either the NAME of the client, a --template, or --metadata FILE"};
  }
  auth::NewClient wanted;
  wanted.id = flags.id;
  wanted.members = TRY(changes_of(flags));
  const bool has_more = !flags.id.empty() || !flags.url.empty() || !wanted.members.empty();
  if (!flags.metadata_file.empty() && has_more) {
    return Error{ErrorCode::usage, "with --metadata, the file says everything about the clients"};
  }
  if (!flags.name.empty()) wanted.members.push_back({"name", flags.name});
  const auth::ClientTemplate* from = TRY(apply_template(wanted, flags));
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  if (!flags.metadata_file.empty()) return add_from_metadata(command, *s, flags);
  const auth::MadeClient made =
      TRY(from_arguments(auth::add_client(*s, wanted, operator_origin())));
  warn(*s, made.client);
  if (from == nullptr) {
    command.print(told(made),
                  [&](JsonWriter& json) { api::write_made_client(json, s->config, made); });
    return {};
  }
  const config::Loaded served = as_served(*TRY(command.loaded()));
  const api::MadeApp app{from, auth::settings_for(served.config, *from, flags.url, made)};
  command.print(told(made) + "\n" + app_text(app),
                [&](JsonWriter& json) { api::write_made_client(json, s->config, made, &app); });
  return {};
}

std::string kind_of(const tables::Client& client) {
  if (client.disabled) return "disabled";
  if (auth::has_grant_type(client, auth::kCodeGrant)) {
    return client.is_public ? "application, public" : "application";
  }
  if (auth::has_grant_type(client, auth::kDeviceGrant)) {
    return client.is_public ? "device, public" : "device";
  }
  if (auth::is_bookmark(client)) return "link";
  return auth::has_grant_type(client, auth::kClientGrant) ? "program" : "resource server";
}

Result<void> list(Command& command, const ClientFlags&) {
  const auth::Services* s = TRY(command.services());
  command.print_list(
      "clients", TRY(auth::list_clients(*s)),
      [&](JsonWriter& json, const tables::Client& client) {
        api::write_client(json, s->config, client);
      },
      {"CLIENT ID", "NAME", "KIND", "CREATED", "LAST USED"},
      [](const tables::Client& client) {
        return std::vector{client.id, client.name, kind_of(client), time_text(client.created_at),
                           time_text(client.last_used)};
      });
  return {};
}

Result<tables::Client> client_of(const auth::Services& s, const std::string& id) {
  using Found = std::optional<tables::Client>;
  Found found = TRY(
      s.store.read([&](store::ReadTxn& tx) -> Result<Found> { return auth::find_client(tx, id); }));
  if (found) return std::move(*found);
  return with_near_client(s, id, Error{ErrorCode::not_found, "there is no client \"" + id + "\""});
}

std::string text_of(const auth::MemberValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const std::string* text = std::get_if<std::string>(&value)) return *text;
  return joined(std::get<std::vector<std::string>>(value), ", ");
}

// What can be set, and what it is now.
std::string described(const tables::Client& client) {
  std::vector<std::vector<std::string>> lines;
  for (const auth::ClientMember& member : auth::client_members()) {
    lines.push_back({std::string(member.name), text_of(auth::value_of(client, member)),
                     std::string(member.help)});
  }
  std::string text = "client " + client.id +
                     (client.configured ? " (from the configuration: change it there)" : "") +
                     "\n" + table({"MEMBER", "VALUE", "MEANING"}, lines);
  lines.clear();
  for (const tables::ClientSecretRow& secret : auth::secrets_of(client)) {
    lines.push_back({secret.id, time_text(secret.created_at),
                     secret.expires_at == Time{} ? "never" : time_text(secret.expires_at)});
  }
  if (!lines.empty()) text += "\n" + table({"SECRET", "CREATED", "ENDS"}, lines);
  return text;
}

void print_client(Command& command, const auth::Services& s, const tables::Client& client) {
  command.print(described(client),
                [&](JsonWriter& json) { api::write_client(json, s.config, client); });
}

Result<void> show(Command& command, const ClientFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const tables::Client client = TRY(client_of(*s, flags.id));
  warn(*s, client);
  print_client(command, *s, client);
  return {};
}

Result<void> set(Command& command, const ClientFlags& flags) {
  const auth::Services* s = TRY(command.services());
  TRY(client_of(*s, flags.id));
  const auto changes = TRY(changes_of(flags));
  const tables::Client client =
      TRY(from_arguments(auth::change_client(*s, flags.id, changes, operator_origin())));
  warn(*s, client);
  print_client(command, *s, client);
  return {};
}

Result<void> add_secret(Command& command, const ClientFlags& flags) {
  const Result<Milliseconds> life = config::parse_duration(flags.expires_in);
  if (!life) return Error{ErrorCode::usage, "--expires-in is a duration such as 90d"};
  const auth::Services* s = TRY(command.services());
  TRY(client_of(*s, flags.id));
  const auth::MadeSecret made = TRY(
      from_arguments(auth::add_secret(*s, flags.id, *life, ClientSecret(""), operator_origin())));
  command.print("secret:        " + made.row.id + "\nclient_secret: " +
                    std::string(made.secret.reveal()) + "\nThe secret is shown only this once.",
                [&](JsonWriter& json) { api::write_made_secret(json, made); });
  return {};
}

// The same as two commands, but nothing is forgotten: the former secrets end.
Result<void> rotate(Command& command, const ClientFlags& flags) {
  const Result<Milliseconds> overlap = config::parse_duration(flags.overlap);
  if (!overlap) return Error{ErrorCode::usage, "--overlap is a duration such as 24h"};
  const auth::Services* s = TRY(command.services());
  const tables::Client client = TRY(client_of(*s, flags.id));
  const bool is_at_once = *overlap == Milliseconds(0);
  if (is_at_once && !auth::secrets_of(client).empty())
    TRY(confirm(flags.is_sure, "end all secrets of the client " + flags.id + " at once"));
  const auth::MadeSecret made =
      TRY(from_arguments(auth::rotate_secret(*s, flags.id, *overlap, operator_origin())));
  command.print("secret:        " + made.row.id + "\nclient_secret: " +
                    std::string(made.secret.reveal()) + "\nThe secret is shown only this once; " +
                    (is_at_once ? "the former ones have ended."
                                : "the former ones end in " + flags.overlap + "."),
                [&](JsonWriter& json) { api::write_made_secret(json, made); });
  return {};
}

Result<void> revoke_secret(Command& command, const ClientFlags& flags) {
  const auth::Services* s = TRY(command.services());
  TRY(client_of(*s, flags.id));
  TRY(confirm(flags.is_sure,
              "revoke the secret " + flags.secret_id + " of the client " + flags.id));
  TRY(auth::revoke_secret(*s, flags.id, flags.secret_id, operator_origin()));
  command.print("secret " + flags.secret_id + " of client " + flags.id + " is revoked",
                [&](JsonWriter& json) {
                  json.begin_object().field("revoked", flags.secret_id).end_object();
                });
  return {};
}

Result<void> change_logo(Command& command, const ClientFlags& flags) {
  if (flags.logo_file.empty() != flags.removes_logo) {
    return Error{ErrorCode::usage, "give either the FILE with the logo or --remove"};
  }
  const std::string file = flags.removes_logo ? "" : TRY(read_file(flags.logo_file, kMaxLogo));
  const auth::Services* s = TRY(command.services());
  TRY(client_of(*s, flags.id));
  if (flags.removes_logo) TRY(confirm(flags.is_sure, "remove the logo of the client " + flags.id));
  const tables::Client client =
      TRY(flags.removes_logo ? auth::remove_client_logo(*s, flags.id, operator_origin())
                             : auth::set_client_logo(*s, flags.id, file, operator_origin()));
  command.print("client " + flags.id + (flags.removes_logo ? " has no logo now" : " has its logo"),
                [&](JsonWriter& json) { api::write_client(json, s->config, client); });
  return {};
}

Result<void> remove(Command& command, const ClientFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const std::string& id = flags.id;
  const tables::Client client = TRY(client_of(*s, id));
  TRY(confirm(flags.is_sure, "delete the client " + id + " (" + client.name + ")"));
  TRY(auth::delete_client(*s, id, operator_origin()));
  command.print("client " + id + " is deleted",
                [&](JsonWriter& json) { json.begin_object().field("deleted", id).end_object(); });
  return {};
}

// The claims of all three as JSON, each under its name.
Result<void> preview(Command& command, const ClientFlags& flags) {
  const auth::Services* s = TRY(command.services());
  TRY(client_of(*s, flags.id));
  const tables::User user = TRY(find_user(*s, flags.name));
  const auth::Preview seen = TRY(auth::preview_tokens(*s, flags.id, user, flags.scopes));
  command.print("ID token\n" + seen.id_token + "\n\nuserinfo\n" + seen.userinfo +
                    "\n\naccess token\n" + seen.access_token,
                [&](JsonWriter& json) { api::write_preview(json, seen); });
  return {};
}

void add_id(const Subcommand& app, ClientFlags& flags) {
  app.add_option("CLIENT", flags.id, "Its id, as authd client list shows it").required();
}

// The options of `add` for the members that are needed most.
void add_options(const Subcommand& app, ClientFlags& flags) {
  const auto add = [&](const char* option, const char* member, const char* help) {
    return app.add_option(option, flags.options[member], help).one_value_each();
  };
  add("--redirect-uri", "redirect_uris", "Where people return to; may be repeated");
  add("--post-logout-redirect-uri", "post_logout_redirect_uris",
      "Where people return to after they sign out; may be repeated");
  add("--backchannel-logout-uri", "backchannel_logout_uri",
      "Where it learns that somebody was signed out");
  add("--grant", "grant_types", "A grant type, such as device_code; may be repeated");
  add("--auth-method", "token_endpoint_auth_method",
      "How it proves who it is: client_secret_basic, client_secret_post or private_key_jwt; either "
      "of the first two by default");
  app.add_option("--jwks", flags.jwks_file,
                 "A file with its public keys, as a JWK Set; \"-\" for standard input");
  add("--jwks-uri", "jwks_uri", "Where it publishes its public keys");
  add("--federated-identity", "federated_identities",
      "\"ISSUER SUBJECT\" whose tokens it may send instead of its own; may be repeated");
  add("--pkce", "pkce", "required or optional").check(one_of({"required", "optional"}));
  add("--scope", "scopes", "A scope that it may ask for; may be repeated");
  add("--role", "roles", "A role whose holders may enter; may be repeated");
  add("--consent", "consent", "ask or skip").check(one_of({"ask", "skip"}));
  add("--resource", "resources", "An API for which it may get tokens; may be repeated");
  app.add_flag("--public", flags.is_public, "It has no secret: an app on people's devices");
  app.add_option("--set", flags.members,
                 "NAME=VALUE for any member (authd client show lists them); may be repeated")
      .one_value_each();
}

void add_secrets(Group<ClientFlags>& group, Command& command) {
  const Subcommand secret = make_group(group.app(), "secret", "A client's secrets: add, revoke");
  const Subcommand adding = secret.add_subcommand(
      "add", "Create a further secret, so that the application can change over");
  set_action(adding, command, group.flags, &add_secret);
  add_id(adding, *group.flags);
  adding.add_option("--expires-in", group.flags->expires_in,
                    "Its lifetime: 90d; without it, the secret does not expire");
  const Subcommand revoking = secret.add_subcommand("revoke", "Revoke a secret at once");
  set_action(revoking, command, group.flags, &revoke_secret);
  add_id(revoking, *group.flags);
  revoking.add_option("SECRET", group.flags->secret_id, "Its id, as authd client show shows it")
      .required();
  revoking.add_flag("--yes", group.flags->is_sure, kYesHelp);
}

}  // namespace

void add_client(const Subcommand& app, Command& command) {
  Group<ClientFlags> group(app, command, "client",
                           "Applications that sign people in, and other programs: add, list, show, "
                           "set, rotate, secret, logo, preview, logouts, registration-token, "
                           "templates, test, import, delete");
  const Subcommand adding =
      group.add("add", "Create a client; its secret is shown only once", &add);
  adding.add_option("NAME", group.flags->name,
                    "Its name, for people; with --template, the application's if left out");
  adding.add_option("--id", group.flags->id, "Its id; without it, the server chooses one");
  adding.add_option("--metadata", group.flags->metadata_file,
                    "Read clients from a file of RFC 7591 metadata: an object, or an array");
  adding.add_option("--template", group.flags->template_id,
                    "A ready-made application (authd client templates); prints its own settings");
  adding.add_option("--url", group.flags->url,
                    "With --template: its address, such as https://grafana.example.org");
  add_options(adding, *group.flags);
  group.add("list", "List clients", &list);
  add_id(group.add("show", "Show all members of a client", &show), *group.flags);
  const Subcommand setting = group.add(
      "set", "Change members: NAME=VALUE; NAME+=VALUE and NAME-=VALUE change a list (also: edit)",
      &set);
  setting.alias("edit");
  add_id(setting, *group.flags);
  setting.add_option("MEMBERS", group.flags->members, "NAME=VALUE").required();
  const Subcommand rotating =
      group.add("rotate", "Create a new secret that replaces all others", &rotate);
  add_id(rotating, *group.flags);
  rotating
      .add_option("--overlap", group.flags->overlap,
                  "How long the former secrets still work: 24h, at most 30d")
      .capture_default_str();
  rotating.add_flag("--yes", group.flags->is_sure, kYesHelp);
  add_secrets(group, command);
  const Subcommand previewing = group.add(
      "preview", "Show what a client gets for a person: the claims of its tokens", &preview);
  add_id(previewing, *group.flags);
  previewing.add_option("USER", group.flags->name, "The person: a username, email or id")
      .required();
  previewing.add_option("--scope", group.flags->scopes,
                        "\"openid email\"; without it, all that the client may ask for");
  const Subcommand drawing =
      group.add("logo", "Set or remove the logo that people see", &change_logo);
  add_id(drawing, *group.flags);
  drawing.add_option("FILE", group.flags->logo_file, "PNG, JPEG or GIF, at most 5 MiB");
  drawing.add_flag("--remove", group.flags->removes_logo, "Remove it");
  drawing.add_flag("--yes", group.flags->is_sure, kYesHelp);
  add_logouts(group.app(), command);
  add_registration_tokens(group.app(), command);
  add_foreign(group.app(), command);
  add_templates(group.app(), command);
  add_check(group.app(), command);
  const Subcommand removing =
      group.add("delete", "Delete a client; its tokens end with it", &remove);
  add_id(removing, *group.flags);
  removing.add_flag("--yes", group.flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
