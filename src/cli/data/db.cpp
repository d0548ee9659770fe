// authd db stat|check|compact|upgrade|rollback|move
#include <sys/stat.h>

#include <cstdio>

#include "auth/upkeep/check.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "config/reading/values.h"
#include "server/data/compact.h"
#include "server/data/store_options.h"
#include "server/data/upgrade.h"
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

void write_jobs(JsonWriter& json, const std::vector<NamedRun>& runs) {
  json.key("jobs").begin_object();
  for (const auto& [name, run] : runs) {
    json.key(name).begin_object();
    api::time_or_null(json, "started_at", run.started_at);
    json.field("took_ms", run.took_ms);
    api::time_or_null(json, "succeeded_at", run.succeeded_at);
    json.field("runs", run.runs).field("failures", run.failures);
    api::text_or_null(json, "last_error", run.last_error);
    json.end_object();
  }
  json.end_object();
}

std::string jobs_table(const std::vector<NamedRun>& runs) {
  return table_of({"JOB", "LAST RUN", "TOOK", "RUNS", "FAILED", "LAST ERROR"}, runs,
                  [](const NamedRun& one) {
                    const auto& [name, run] = one;
                    return std::vector{name,
                                       time_text(run.started_at),
                                       std::to_string(run.took_ms) + " ms",
                                       std::to_string(run.runs),
                                       std::to_string(run.failures),
                                       run.last_error};
                  });
}

Result<void> stat(Command& command) {
  const auth::Services* s = TRY(command.services());
  const store::Stats stats = s->store.stats();
  const uint64_t version = TRY(tables::schema_version(s->store));
  const auto sizes = TRY(tables::table_sizes(s->store));
  const std::vector<NamedRun> runs = TRY(job_runs(s->store));
  std::string text = "schema version " + std::to_string(version) + ", " +
                     std::to_string(stats.used_bytes) + " bytes used of " +
                     config::format_size(stats.max_bytes) + "\n" +
                     table_of({"TABLE", "ROWS", "BYTES"}, sizes, [](const tables::TableSize& size) {
                       return std::vector{std::string(size.name), std::to_string(size.rows),
                                          std::to_string(size.bytes)};
                     });
  if (!runs.empty()) text += "\n" + jobs_table(runs);
  command.print(text, [&](JsonWriter& json) {
    json.begin_object()
        .field("schema_version", version)
        .field("used_bytes", stats.used_bytes)
        .field("max_bytes", stats.max_bytes)
        .field("entries", stats.entries)
        .key("tables")
        .begin_object();
    for (const tables::TableSize& size : sizes) {
      json.key(size.name)
          .begin_object()
          .field("rows", size.rows)
          .field("bytes", size.bytes)
          .end_object();
    }
    json.end_object();
    write_jobs(json, runs);
    json.end_object();
  });
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
  command.print(
      "the file had " + std::to_string(before) + " bytes and has " + std::to_string(after),
      [&](JsonWriter& json) {
        json.begin_object().field("bytes_before", before).field("bytes_after", after).end_object();
      });
  return {};
}

Result<void> check(Command& command) {
  const auth::Services* s = TRY(command.services());
  const auth::CheckReport report = TRY(auth::check_store(*s));
  std::string text;
  for (const std::string& finding : report.findings)
    text += finding + "\n";
  for (const auto& [id, values] : report.sealed)
    text += counted(values, "value is", "values are") + " sealed with the master key " + id + "\n";
  text += counted(report.rows, "row") + " read";
  command.print(text, [&](JsonWriter& json) {
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
  });
  if (report.findings.empty()) return {};
  return Error{ErrorCode::invalid, counted(report.findings.size(), "finding") +
                                       "; restore a backup, or report this as a bug"};
}

std::string told(const server::UpgradeReport& report, bool is_dry) {
  std::string text;
  for (const std::string& finding : report.findings)
    text += finding + "\n";
  const std::string to = std::to_string(report.to);
  if (!is_dry) return text + "the data has schema " + to;
  if (report.from == report.to) {
    return text + "there is nothing to upgrade: the data has schema " + to;
  }
  return text + "a copy was upgraded from schema " + std::to_string(report.from) + " to " + to +
         "; the data is unchanged";
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
  command.print(told(report, is_dry), [&](JsonWriter& json) {
    json.begin_object().field("from", report.from).field("to", report.to);
    json.field("findings", static_cast<uint64_t>(report.findings.size())).end_object();
  });
  if (report.findings.empty()) return {};
  return Error{ErrorCode::invalid, counted(report.findings.size(), "finding") +
                                       "; do not upgrade until they "
                                       "are understood"};
}

Result<void> rollback(Command& command, bool is_sure) {
  const config::Loaded* loaded = TRY(command.loaded());
  std::fprintf(stderr, "data directory: %s\n", loaded->config.server.data_dir.c_str());
  TRY(server::require_own_file(loaded->config, server::way_of_restoring()));
  TRY(confirm(is_sure, "replace the data with the snapshot from before the last upgrade"));
  const server::RollbackReport report =
      TRY(server::roll_back(loaded->config, command.log(), command.clock(), command.random()));
  const std::string text = "the data is restored to its state of " +
                           format_rfc3339(report.restored.created_at) + ", before authd " +
                           printable(report.restored.version) +
                           " upgraded it; start an earlier release, since that one and later ones "
                           "upgrade it again\nThe database that was in use until now is in " +
                           report.restored.kept_aside;
  command.print(text, [&](JsonWriter& json) {
    json.begin_object()
        .field("snapshot", report.snapshot)
        .field("version", report.restored.version);
    api::time_or_null(json, "created_at", report.restored.created_at);
    api::text_or_null(json, "kept_aside", report.restored.kept_aside);
    json.end_object();
  });
  return {};
}

}  // namespace

void add_db(const Subcommand& app, Command& command) {
  const Subcommand group =
      make_group(app, "db", "The database: stat, check, compact, upgrade, rollback, move");
  for (const auto& [name, help, action] :
       {std::tuple("stat", "Show its size, the rows of each table, and the jobs' last runs", &stat),
        std::tuple("check", "Read every row and check the relations between tables", &check),
        std::tuple("compact", "Rewrite the file without holes; the server must not be running",
                   &compact)}) {
    set_action(group.add_subcommand(name, help), command, action);
  }
  const Subcommand upgrading =
      group.add_subcommand("upgrade", "Bring the data to the schema of this authd");
  const auto is_dry = std::make_shared<bool>(false);
  set_action(upgrading, command, is_dry, &upgrade);
  upgrading.add_flag("--dry-run", *is_dry, "Upgrade and check a copy; the server may be running");
  const Subcommand returning =
      group.add_subcommand("rollback", "Return to the snapshot taken before an upgrade");
  const auto is_sure = std::make_shared<bool>(false);
  set_action(returning, command, is_sure, &rollback);
  returning.add_flag("--yes", *is_sure, kYesHelp);
  add_move(group, command);
}

}  // namespace authd::cli
