// authd db move
#include "server/data/move.h"

#include <cstdio>

#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "config/reading/store_url.h"

namespace authd::cli {
namespace {

using config::StoreEngine;

std::string word(StoreEngine engine) {
  return std::string(config::word_of(engine));
}

// What comes before the directory of --to.
std::string beginning_of_directory() {
  return word(StoreEngine::one_host) + ":";
}

Result<server::MovePlan> plan_of(const std::string& to, const config::Config& config) {
  server::MovePlan plan;
  if (to.starts_with(beginning_of_directory()) && to.size() > beginning_of_directory().size()) {
    plan.directory = to.substr(beginning_of_directory().size());
    return plan;
  }
  plan.to = StoreEngine::postgresql;
  if (config::parse_store_url(to) && config::has_password(to)) {
    return Error{ErrorCode::usage,
                 "--to: everybody on this machine can read a password on a command line; put the "
                 "URL into store.url or AUTHD_STORE_URL, and give --to " +
                     word(plan.to)};
  }
  if (to == word(plan.to)) {
    const auto is_set = [](const char* name) {
      return !config::environment_variable(name).empty();
    };
    if (!config.store.url.empty() || is_set("PGHOST") || is_set("PGHOSTADDR") ||
        is_set("PGSERVICE")) {
      return plan;
    }
    return Error{ErrorCode::usage,
                 "--to " + to +
                     ": set store.url or AUTHD_STORE_URL to the address of PostgreSQL "
                     "(postgresql://user@host/database)"};
  }
  if (to.find("://") != std::string::npos && config::parse_store_url(to)) {
    plan.url = to;
    return plan;
  }
  return Error{ErrorCode::usage, "--to takes " + word(plan.to) + ", a URL without a password, or " +
                                     beginning_of_directory() + "DIR"};
}

// What the operator does next.
std::string next_steps(const server::MovePlan& plan, const config::Config& config) {
  const std::string& key = config.secrets.master_key_file;
  if (plan.to == StoreEngine::one_host) {
    return "The master key stays in " + key + ": copy it to " + plan.directory +
           "/master.key, or name it in secrets.master_key_file\n"
           "Put this into the configuration, and start the server:\n\n"
           "[server]\ndata_dir = \"" +
           plan.directory + "\"\n\n[store]\nengine = \"" + word(plan.to) + "\"\n";
  }
  std::string text = "The data in " + config.server.data_dir +
                     " is unchanged, and is used no more\n"
                     "Every host needs the master key " +
                     key + ", and this in its configuration:\n\n[store]\nengine = \"" +
                     word(plan.to) + "\"\n";
  if (!plan.url.empty()) {
    text += "url = \"" + plan.url + "\"\n";
  } else if (!config.store.url.empty()) {
    text += "url = \"" + config::masked_store_url(config.store.url) + "\"\n";
  }
  if (config.store.schema != "authd") text += "schema = \"" + config.store.schema + "\"\n";
  return text;
}

Result<void> move(Command& command, const std::string& to) {
  const config::Loaded* loaded = TRY(command.loaded());
  const config::Config& config = loaded->config;
  server::MovePlan plan = TRY(plan_of(to, config));
  plan.progress = [](uint64_t done, uint64_t all) { show_progress(done, all); };
  std::fprintf(stderr, "data directory: %s\n", config.server.data_dir.c_str());
  const server::MoveReport report = TRY(server::move_data(config, command.log(), plan));
  const std::string where = plan.to == StoreEngine::one_host
                                ? "into " + plan.directory
                                : "into the schema " + config.store.schema + " of PostgreSQL";
  command.print(counted(report.records, "record") + " copied " + where +
                    ", read back and compared\n" + next_steps(plan, config),
                [&](JsonWriter& json) {
                  json.begin_object()
                      .field("engine", word(plan.to))
                      .field("records", report.records)
                      .field("sha256", report.digest);
                  api::text_or_null(json, "directory", plan.directory);
                  json.end_object();
                });
  return {};
}

}  // namespace

void add_move(const Subcommand& db, Command& command) {
  const Subcommand sub = db.add_subcommand(
      "move", "Copy the data to a PostgreSQL for several hosts, or back; no server may run");
  const auto to = std::make_shared<std::string>();
  set_action(sub, command, to, &move);
  sub.add_option("--to", *to,
                 word(StoreEngine::postgresql) +
                     " (where store.url says), its URL without a "
                     "password, or " +
                     beginning_of_directory() + "DIR")
      .type_name("TARGET")
      .required();
}

}  // namespace authd::cli
