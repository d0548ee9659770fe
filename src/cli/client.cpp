// authd client add|list|delete
#include "auth/sessions/clients.h"

#include "cli/commands.h"
#include "cli/group.h"

namespace authd::cli {
namespace {

Result<void> add(Command& command, const std::string& name) {
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  const auth::MadeClient made = TRY(from_arguments(auth::add_client(*s, name, operator_origin())));
  command.print("client_id:     " + made.client.id + "\nclient_secret: " +
                    std::string(made.secret.reveal()) + "\nThe secret is shown only this once.",
                [&](JsonWriter& json) { api::write_made_client(json, made); });
  return {};
}

Result<void> list(Command& command, const std::string&) {
  const auth::Services* s = TRY(command.services());
  command.print_list(
      "clients", TRY(auth::list_clients(*s)), &api::write_client, {"CLIENT ID", "NAME", "CREATED"},
      [](const tables::Client& client) {
        return std::vector{client.id, client.name, format_rfc3339(client.created_at)};
      });
  return {};
}

Result<void> remove(Command& command, const std::string& id) {
  const auth::Services* s = TRY(command.services());
  TRY(auth::delete_client(*s, id, operator_origin()));
  command.print("client " + id + " is deleted",
                [&](JsonWriter& json) { json.begin_object().field("deleted", id).end_object(); });
  return {};
}

}  // namespace

void add_client(CLI::App& app, Command& command) {
  Group<std::string> group(app, command, "client",
                           "Programs that introspect and revoke tokens: add, list, delete");
  group.add("add", "Create a client; its secret is shown only once", &add)
      ->add_option("NAME", *group.flags, "A description for people")
      ->required();
  group.add("list", "List clients", &list);
  group.add("delete", "Delete a client", &remove)
      ->add_option("CLIENT", *group.flags, "Its id")
      ->required();
}

}  // namespace authd::cli
