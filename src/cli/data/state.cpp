// authd state export
#include "auth/upkeep/state/state_text.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"

namespace authd::cli {
namespace {

using auth::state::Kind;

struct ExportFlags {
  std::string file;
  std::string only;
};

Result<std::vector<Kind>> kinds_of(const std::string& only) {
  using auth::state::kAllKinds;
  if (only.empty()) return std::vector<Kind>(kAllKinds.begin(), kAllKinds.end());
  std::vector<Kind> kinds;
  for (std::string_view rest = only; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view word = trimmed(rest.substr(0, comma));
    const auto* kind = std::find_if(kAllKinds.begin(), kAllKinds.end(),
                                    [&](Kind one) { return auth::state::section_of(one) == word; });
    if (kind == kAllKinds.end()) {
      return Error{ErrorCode::usage,
                   "--only " + printable(std::string(word)) + ": there are " +
                       joined(kAllKinds, ", ", &auth::state::section_of) +
                       did_you_mean(nearest_of(word, kAllKinds, &auth::state::section_of))};
    }
    kinds.push_back(*kind);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return kinds;
}

Result<void> write_out(Command& command, const std::string& file, const std::string& text,
                       size_t count) {
  constexpr mode_t kMode = 0600;  // there are names and addresses of people in it
  TRY(write_file_atomic(file, text, kMode));
  command.print(counted(count, "thing is", "things are") + " in " + printable(file),
                [&](JsonWriter& json) {
                  json.begin_object().field("file", file).field("things", count).end_object();
                });
  return {};
}

Result<void> export_it(Command& command, const ExportFlags& flags) {
  const std::vector<Kind> kinds = TRY(kinds_of(flags.only));
  const auth::Services* s = TRY(command.services());
  if (std::find(kinds.begin(), kinds.end(), Kind::user) != kinds.end())
    TRY(auth::audit_alone(*s, operator_origin(),
                          {"users_exported", std::nullopt, "ok", "", "state"}));
  const auto sections = TRY(auth::state::export_state(*s, kinds));
  size_t count = 0;
  for (const auto& section : sections)
    count += section.things.size();
  const std::string json = auth::state::json_of(sections) + "\n";
  const std::string toml = auth::state::toml_of(sections);
  if (!flags.file.empty()) {
    const bool is_json = flags.file.ends_with(".json");
    return write_out(command, flags.file, is_json ? json : toml, count);
  }
  command.print(toml, [&](JsonWriter& to) { to.raw(json); });
  return {};
}

}  // namespace

void add_state(const Subcommand& app, Command& command) {
  Group<ExportFlags> group(app, command, "state", "The files that authd apply reads: export");
  const Subcommand exporting = group.add(
      "export", "Write roles, resources, clients and users as authd apply reads them", &export_it);
  exporting.add_option("FILE", group.flags->file,
                       "The file to write: JSON if its name ends with .json, else TOML; without "
                       "it, standard output");
  exporting.add_option("--only", group.flags->only, "Only these of roles,resources,clients,users")
      .type_name("LIST");
}

}  // namespace authd::cli
