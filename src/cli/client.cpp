// authd client add|list|delete
#include "auth/oauth/client_admin.h"

#include <algorithm>

#include "cli/commands.h"
#include "cli/group.h"
#include "cli/names.h"

namespace authd::cli {
namespace {

struct ClientFlags {
  std::string name;
  std::string id;
  bool is_sure = false;
};

Result<void> add(Command& command, const ClientFlags& flags) {
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  const auth::MadeClient made =
      TRY(from_arguments(auth::add_client(*s, flags.name, operator_origin())));
  command.print("client_id:     " + made.client.id + "\nclient_secret: " +
                    std::string(made.secret.reveal()) + "\nThe secret is shown only this once.",
                [&](JsonWriter& json) { api::write_made_client(json, made); });
  return {};
}

Result<void> list(Command& command, const ClientFlags&) {
  const auth::Services* s = TRY(command.services());
  command.print_list(
      "clients", TRY(auth::list_clients(*s)), &api::write_client, {"CLIENT ID", "NAME", "CREATED"},
      [](const tables::Client& client) {
        return std::vector{client.id, client.name, format_rfc3339(client.created_at)};
      });
  return {};
}

Result<void> remove(Command& command, const ClientFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const std::string& id = flags.id;
  const auto clients = TRY(auth::list_clients(*s));
  const auto found = std::find_if(clients.begin(), clients.end(),
                                  [&](const tables::Client& client) { return client.id == id; });
  if (found != clients.end()) {
    TRY(confirm(flags.is_sure, "delete the client " + id + " (" + found->name + ")"));
  }
  if (const Result<void> done = auth::delete_client(*s, id, operator_origin()); !done) {
    return with_near_client(*s, id, done.error());
  }
  command.print("client " + id + " is deleted",
                [&](JsonWriter& json) { json.begin_object().field("deleted", id).end_object(); });
  return {};
}

}  // namespace

void add_client(CLI::App& app, Command& command) {
  Group<ClientFlags> group(app, command, "client",
                           "Programs that introspect and revoke tokens: add, list, delete");
  group.add("add", "Create a client; its secret is shown only once", &add)
      ->add_option("NAME", group.flags->name, "A description for people")
      ->required();
  group.add("list", "List clients", &list);
  CLI::App* removing = group.add("delete", "Delete a client", &remove);
  removing->add_option("CLIENT", group.flags->id, "Its id, as authd client list shows it")
      ->required();
  removing->add_flag("--yes", group.flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
