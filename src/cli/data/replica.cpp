// authd replica show
#include "store/replica/replica.h"

#include <algorithm>
#include <cstdio>

#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "tables/schema.h"

namespace authd::cli {
namespace {

struct Counted {
  std::string table;
  uint64_t rows = 0;
};

std::vector<Counted> counted(const store::CopyContents& contents) {
  std::vector<Counted> tables;
  for (const auto& [prefix, rows] : contents.records) {
    const tables::TableInfo* table = tables::find_table(prefix);
    tables.push_back({table != nullptr ? table->name : "(unknown)", rows});
  }
  std::sort(tables.begin(), tables.end(),
            [](const Counted& one, const Counted& other) { return one.table < other.table; });
  return tables;
}

// A line for each row, so that whoever doubts can read all of it.
void print_row(std::string_view key, std::string_view value) {
  const tables::TableInfo* table = tables::find_table(key.front());
  if (table == nullptr) return;
  JsonWriter json;
  json.begin_object().field("table", table->name).key("row");
  table->dump(json, value);
  json.end_object();
  std::fputs((std::string(json.text()) + "\n").c_str(), stdout);
}

Result<void> show(Command& command, bool shows_rows) {
  const config::Loaded* loaded = TRY(command.loaded());
  const std::string directory = loaded->config.server.data_dir + "/copy";
  if (shows_rows) {
    TRY(store::look_at_copy(directory, null_log(), &print_row));
    return {};
  }
  const store::CopyContents contents =
      TRY(store::look_at_copy(directory, null_log(), [](std::string_view, std::string_view) {}));
  const std::vector<Counted> tables = counted(contents);
  const std::string text = "place: " + store::text_of(contents.place) +
                           "\nsize: " + std::to_string(contents.bytes >> 10) + " KiB\n\n" +
                           table_of({"TABLE", "ROWS"}, tables, [](const Counted& one) {
                             return std::vector{one.table, std::to_string(one.rows)};
                           });
  command.print(text, [&](JsonWriter& json) {
    json.begin_object()
        .field("place", store::text_of(contents.place))
        .field("bytes", contents.bytes);
    json.key("tables").begin_object();
    for (const Counted& one : tables)
      json.field(one.table, one.rows);
    json.end_object().end_object();
  });
  return {};
}

}  // namespace

void add_replica(const Subcommand& app, Command& command) {
  const Subcommand group =
      make_group(app, "replica", "A copy beside an application (authd serve --replica-of): show");
  const Subcommand showing =
      group.add_subcommand("show", "Show what the copy in the data directory has");
  const auto shows_rows = std::make_shared<bool>(false);
  set_action(showing, command, shows_rows, &show);
  showing.add_flag("--rows", *shows_rows, "Print every row as JSON, a line each");
}

}  // namespace authd::cli
