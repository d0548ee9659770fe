// authd db stat|check|compact|upgrade|rollback
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "auth/upkeep/check.h"
#include "cli/commands.h"
#include "config/values.h"
#include "server/compact.h"
#include "server/upgrade.h"
#include "store/engine.h"
#include "tables/migrations.h"
#include "tables/stat.h"

namespace authd::cli {
namespace {

using NamedRun = std::pair<std::string, tables::JobRun>;

Result<std::vector<NamedRun>> job_runs(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<std::vector<NamedRun>> {
    std::vector<NamedRun> runs;
    tables::job_runs.scan(tx, "", "", [&](std::string_view name, const tables::JobRun& run) {
      runs.emplace_back(name, run);
      return true;
    });
    return runs;
  });
}

std::string time_text(Time time) {
  return time == Time{} ? "" : format_rfc3339(time);
}

void add_jobs(JsonWriter& json, std::vector<std::vector<std::string>>& rows,
              const std::vector<NamedRun>& runs) {
  json.key("jobs").begin_object();
  for (const auto& [name, run] : runs) {
    json.key(name)
        .begin_object()
        .field("started_at", time_text(run.started_at))
        .field("took_ms", run.took_ms)
        .field("succeeded_at", time_text(run.succeeded_at))
        .field("runs", run.runs)
        .field("failures", run.failures)
        .field("last_error", run.last_error)
        .end_object();
    rows.push_back({name, time_text(run.started_at), std::to_string(run.took_ms) + " ms",
                    std::to_string(run.runs), std::to_string(run.failures), run.last_error});
  }
  json.end_object();
}

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
  json.end_object();
  std::vector<std::vector<std::string>> jobs;
  add_jobs(json, jobs, TRY(job_runs(s->store)));
  json.end_object();
  if (command.is_json()) {
    command.print(json);
    return {};
  }
  command.print("schema version " + std::to_string(version) + ", " +
                std::to_string(stats.used_bytes) + " bytes used of " +
                config::format_size(stats.max_bytes) + "\n" +
                table({"TABLE", "ROWS", "BYTES"}, rows));
  if (!jobs.empty()) {
    command.print("\n" + table({"JOB", "LAST RUN", "TOOK", "RUNS", "FAILED", "LAST ERROR"}, jobs));
  }
  return {};
}

uint64_t size_of(const std::string& file) {
  struct stat found;
  return ::stat(file.c_str(), &found) == 0 ? static_cast<uint64_t>(found.st_size) : 0;
}

Result<void> compact(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  const std::string& directory = loaded->config.server.data_dir;
  std::fprintf(stderr, "data directory: %s\n", directory.c_str());
  const uint64_t before = size_of(store::files_of(directory).data);
  TRY(server::compact(loaded->config));
  const uint64_t after = size_of(store::files_of(directory).data);
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object().field("bytes_before", before).field("bytes_after", after).end_object();
    command.print(json);
  } else {
    command.print("the file had " + std::to_string(before) + " bytes and has " +
                  std::to_string(after));
  }
  return {};
}

Result<void> check(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auth::CheckReport report = TRY(auth::check_store(*s));
  JsonWriter json;
  json.begin_object()
      .field("ok", report.findings.empty())
      .field("rows", report.rows)
      .key("sealed")
      .begin_object();
  for (const auto& [id, values] : report.sealed)
    json.field(id, values);
  json.end_object().key("findings").begin_array();
  for (const std::string& finding : report.findings)
    json.value(finding);
  json.end_array().end_object();
  if (command.is_json()) {
    command.print(json);
  } else {
    for (const std::string& finding : report.findings)
      command.print(finding);
    for (const auto& [id, values] : report.sealed)
      command.print(std::to_string(values) + " values are sealed with the master key " + id);
    command.print(std::to_string(report.rows) + " rows read");
  }
  if (report.findings.empty()) return {};
  return Error{ErrorCode::invalid, std::to_string(report.findings.size()) +
                                       " findings; restore a backup, or report this as a bug"};
}

Result<void> upgrade(Command& command, bool is_dry) {
  const config::Loaded* loaded = TRY(command.loaded());
  server::UpgradeReport report;
  if (is_dry) {
    report =
        TRY(server::try_upgrade(loaded->config, command.log(), command.clock(), command.random()));
  } else {
    // Opening the data directory upgrades it.
    const auth::Services* s = TRY(command.services());
    report.from = report.to = TRY(tables::schema_version(s->store));
    report.findings = TRY(auth::check_store(*s)).findings;
  }
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object().field("from", report.from).field("to", report.to);
    json.field("findings", static_cast<uint64_t>(report.findings.size())).end_object();
    command.print(json);
  } else {
    for (const std::string& finding : report.findings)
      command.print(finding);
    const std::string to = std::to_string(report.to);
    if (!is_dry) {
      command.print("the data is of schema " + to);
    } else if (report.from == report.to) {
      command.print("there is nothing to upgrade: the data is of schema " + to);
    } else {
      command.print("a copy was upgraded from schema " + std::to_string(report.from) + " to " + to +
                    "; the data is as it was");
    }
  }
  if (report.findings.empty()) return {};
  return Error{ErrorCode::invalid, std::to_string(report.findings.size()) +
                                       " findings; do not upgrade before they "
                                       "are understood"};
}

Result<void> rollback(Command& command) {
  const config::Loaded* loaded = TRY(command.loaded());
  std::fprintf(stderr, "data directory: %s\n", loaded->config.server.data_dir.c_str());
  const server::RollbackReport report =
      TRY(server::roll_back(loaded->config, command.log(), command.clock(), command.random()));
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object()
        .field("snapshot", report.snapshot)
        .field("version", report.restored.version)
        .field("created_at", format_rfc3339(report.restored.created_at))
        .field("kept_aside", report.restored.kept_aside)
        .end_object();
    command.print(json);
    return {};
  }
  command.print("the data is as it was at " + format_rfc3339(report.restored.created_at) +
                ", before authd " + printable(report.restored.version) +
                " upgraded it; start the release before that one, since every later one upgrades "
                "it again\nWhat there was until now is in " +
                report.restored.kept_aside);
  return {};
}

}  // namespace

void add_db(CLI::App& app, Command& command) {
  CLI::App* group =
      app.add_subcommand("db", "The database: stat, check, compact, upgrade, rollback");
  group->require_subcommand(1);
  for (const auto& [name, help, action] :
       {std::tuple("stat", "Show its size, the rows of each table, and the jobs' last runs", &stat),
        std::tuple("check", "Read every row and check what must hold between tables", &check),
        std::tuple("compact", "Write the file anew, without holes; no server may run", &compact),
        std::tuple("rollback", "Go back to the snapshot that was taken before an upgrade",
                   &rollback)}) {
    CLI::App* sub = group->add_subcommand(name, help);
    command.add_common(*sub);
    sub->callback([&command, action = action] {
      command.action = [&command, action] { return action(command); };
    });
  }
  CLI::App* upgrading =
      group->add_subcommand("upgrade", "Bring the data to the schema of this authd");
  command.add_common(*upgrading);
  const auto is_dry = std::make_shared<bool>(false);
  upgrading->add_flag("--dry-run", *is_dry, "Upgrade and check a copy; a server may run");
  upgrading->callback([&command, is_dry] {
    command.action = [&command, is_dry] { return upgrade(command, *is_dry); };
  });
}

}  // namespace authd::cli
