// authd client add|list|delete
#include "auth/sessions/clients.h"

#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace authd::cli {
namespace {

Result<void> add(Command& command, const std::string& name) {
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  const auth::MadeClient made = TRY(from_arguments(auth::add_client(*s, name, operator_origin())));
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object()
        .field("client_id", made.client.id)
        .field("client_secret", made.secret.reveal())
        .field("name", made.client.name)
        .end_object();
    command.print(json);
  } else {
    command.print("client_id:     " + made.client.id + "\nclient_secret: " +
                  std::string(made.secret.reveal()) + "\nThe secret is shown this once.");
  }
  return {};
}

Result<void> list(Command& command, const std::string&) {
  const auth::Services* s = TRY(command.services());
  JsonWriter json;
  json.begin_array();
  std::vector<std::vector<std::string>> rows;
  for (const tables::Client& client : TRY(auth::list_clients(*s))) {
    json.begin_object()
        .field("client_id", client.id)
        .field("name", client.name)
        .field("created_at", format_rfc3339(client.created_at))
        .end_object();
    rows.push_back({client.id, client.name, format_rfc3339(client.created_at)});
  }
  json.end_array();
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print(table({"CLIENT ID", "NAME", "CREATED"}, rows));
  }
  return {};
}

Result<void> remove(Command& command, const std::string& id) {
  const auth::Services* s = TRY(command.services());
  TRY(auth::delete_client(*s, id, operator_origin()));
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object().field("deleted", id).end_object();
    command.print(json);
  } else {
    command.print("client " + id + " is deleted");
  }
  return {};
}

}  // namespace

void add_client(CLI::App& app, Command& command) {
  CLI::App* group =
      app.add_subcommand("client", "Programs that introspect and revoke tokens: add, list, delete");
  group->require_subcommand(1);
  const auto text = std::make_shared<std::string>();
  const auto sub = [&](const char* name, const char* help, auto action) {
    CLI::App* one = group->add_subcommand(name, help);
    command.add_common(*one);
    one->callback([&command, text, action] {
      command.action = [&command, text, action] { return action(command, *text); };
    });
    return one;
  };
  sub("add", "Make a client; its secret is shown once", &add)
      ->add_option("NAME", *text, "What it is, for people")
      ->required();
  sub("list", "List clients", &list);
  sub("delete", "Delete a client", &remove)->add_option("CLIENT", *text, "Its id")->required();
}

}  // namespace authd::cli
