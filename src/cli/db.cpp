// authd db stat|check
#include <CLI/CLI.hpp>

#include "auth/check.h"
#include "cli/commands.h"
#include "config/values.h"
#include "tables/migrations.h"
#include "tables/stat.h"

namespace authd::cli {
namespace {

Result<void> stat(Command& command) {
  const auth::Services* s = TRY(command.services());
  const store::Stats stats = s->store.stats();
  const uint64_t version = TRY(tables::schema_version(s->store));
  JsonWriter json;
  json.begin_object()
      .field("schema_version", version)
      .field("used_bytes", stats.used_bytes)
      .field("max_bytes", stats.max_bytes)
      .field("entries", stats.entries)
      .key("tables")
      .begin_object();
  std::vector<std::vector<std::string>> rows;
  for (const tables::TableSize& size : TRY(tables::table_sizes(s->store))) {
    json.key(size.name)
        .begin_object()
        .field("rows", size.rows)
        .field("bytes", size.bytes)
        .end_object();
    rows.push_back({size.name, std::to_string(size.rows), std::to_string(size.bytes)});
  }
  json.end_object().end_object();
  if (command.is_json()) {
    command.print(json);
    return {};
  }
  command.print("schema version " + std::to_string(version) + ", " +
                std::to_string(stats.used_bytes) + " bytes used of " +
                config::format_size(stats.max_bytes) + "\n" +
                table({"TABLE", "ROWS", "BYTES"}, rows));
  return {};
}

Result<void> check(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auth::CheckReport report = TRY(auth::check_store(*s));
  JsonWriter json;
  json.begin_object()
      .field("ok", report.findings.empty())
      .field("rows", report.rows)
      .key("findings")
      .begin_array();
  for (const std::string& finding : report.findings)
    json.value(finding);
  json.end_array().end_object();
  if (command.is_json()) {
    command.print(json);
  } else {
    for (const std::string& finding : report.findings)
      command.print(finding);
    command.print(std::to_string(report.rows) + " rows read");
  }
  if (report.findings.empty()) return {};
  return Error{ErrorCode::invalid, std::to_string(report.findings.size()) +
                                       " findings; restore a backup, or report this as a bug"};
}

}  // namespace

void add_db(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("db", "The database: stat, check");
  group->require_subcommand(1);
  for (const auto& [name, help, action] :
       {std::tuple("stat", "Show its size and the rows of each table", &stat),
        std::tuple("check", "Read every row and check what must hold between tables", &check)}) {
    CLI::App* sub = group->add_subcommand(name, help);
    command.add_common(*sub);
    sub->callback([&command, action = action] {
      command.action = [&command, action] { return action(command); };
    });
  }
}

}  // namespace authd::cli
