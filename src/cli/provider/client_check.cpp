// authd client test
#include "auth/oauth/clients/clients.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/findings.h"
#include "cli/frame/group.h"
#include "cli/frame/names.h"
#include "cli/provider/client_templates.h"
#include "config/reading/values.h"
#include "server/doctor/one_client.h"
#include "store/directory.h"

namespace authd::cli {
namespace {

struct CheckFlags {
  std::string client;
};

Result<void> check(Command& command, const CheckFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const Result<tables::Client> client = auth::get_client(*s, flags.client);
  if (!client) return with_near_client(*s, flags.client, client.error());
  const config::Loaded loaded = as_served(*TRY(command.loaded()));
  const config::Config& config = loaded.config;
  // This server's own address is not asked through the proxy.
  std::vector<std::string> direct = config.fetch.no_proxy;
  direct.push_back(config::host_of(config.public_url));
  fetch::HttpsClient fetch({config.fetch.proxy, joined(direct, ","), config.fetch.ca_file});
  const server::doctor::Patient patient{loaded,
                                        &s->store,
                                        "",
                                        &s->master_key,
                                        store::running_server(config.server.data_dir),
                                        "",
                                        fetch,
                                        command.log(),
                                        command.clock(),
                                        command.random()};
  const Findings findings = server::doctor::examine_client(patient, *client);
  command.print(text_of(findings), [&](JsonWriter& json) {
    json.begin_object();
    write_ok(json, findings);
    json.field("client_id", client->id);
    write_findings(json, findings);
    json.end_object();
  });
  return verdict(findings);
}

}  // namespace

void add_check(const Subcommand& client, Command& command) {
  const auto flags = std::make_shared<CheckFlags>();
  const Subcommand app = client.add_subcommand(
      "test", "Check what can be checked of a client without a person, and say what to do");
  set_action(app, command, flags, &check);
  app.add_option("CLIENT", flags->client, "Its id, as authd client list shows it").required();
}

}  // namespace authd::cli
