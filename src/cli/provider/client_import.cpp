// authd client import FILE|- --from …
#include "auth/upkeep/transfer/clients/client_import.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/input.h"
#include "cli/frame/layout.h"

namespace authd::cli {
namespace {

namespace transfer = auth::transfer;
using transfer::ClientOutcome;

struct ClientImportFlags {
  std::string file;
  std::string format;
  bool is_dry_run = false;
  bool maps_ids = false;
};

size_t count_of(const std::vector<ClientOutcome>& outcomes, ClientOutcome::State state) {
  return static_cast<size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [&](const ClientOutcome& one) { return one.state == state; }));
}

std::string_view word_of(ClientOutcome::State state) {
  switch (state) {
    case ClientOutcome::State::imported: return "imported";
    case ClientOutcome::State::skipped: return "skipped";
    case ClientOutcome::State::built_in: return "built_in";
  }
  __builtin_unreachable();
}

// What somebody has to read, on standard error: who is missing, and what is different.
void tell(const ClientOutcome& one) {
  const std::string who = printable(one.foreign_id.empty() ? one.name : one.foreign_id);
  if (one.state == ClientOutcome::State::skipped) {
    std::fprintf(stderr, "%s: skipped: %s\n", who.c_str(), printable(one.reason).c_str());
  }
  if (one.state != ClientOutcome::State::imported) return;
  if (one.id != one.foreign_id) {
    std::fprintf(stderr, "%s: its client id is now %s\n", who.c_str(), one.id.c_str());
  }
  for (const std::string& note : one.notes)
    std::fprintf(stderr, "%s: %s\n", who.c_str(), printable(note).c_str());
}

void write_outcome(JsonWriter& json, const ClientOutcome& one) {
  json.begin_object();
  api::text_or_null(json, "id", one.id);
  json.field("foreign_id", one.foreign_id)
      .field("name", one.name)
      .field("state", word_of(one.state));
  api::text_or_null(json, "reason", one.reason);
  api::write_texts(json, "notes", one.notes);
  if (!one.secret.empty()) json.field("client_secret", one.secret.reveal());
  json.end_object();
}

std::string summary(const ClientImportFlags& flags, const std::vector<ClientOutcome>& outcomes) {
  std::string text;
  for (const ClientOutcome& one : outcomes) {
    if (one.secret.empty()) continue;
    text +=
        "client_id:     " + one.id + "\nclient_secret: " + std::string(one.secret.reveal()) + "\n";
  }
  if (!text.empty()) text += "These secrets are shown only this once.\n";
  const size_t built_in = count_of(outcomes, ClientOutcome::State::built_in);
  text += flags.is_dry_run ? "would import " : "imported ";
  text += counted(count_of(outcomes, ClientOutcome::State::imported), "client") + "; skipped " +
          std::to_string(count_of(outcomes, ClientOutcome::State::skipped)) + " of " +
          std::to_string(outcomes.size() - built_in) + " (" + flags.format + ")";
  return text;
}

void write_summary(JsonWriter& json, const ClientImportFlags& flags,
                   const std::vector<ClientOutcome>& outcomes) {
  json.begin_object()
      .field("format", flags.format)
      .field("dry_run", flags.is_dry_run)
      .field("imported", count_of(outcomes, ClientOutcome::State::imported))
      .field("skipped", count_of(outcomes, ClientOutcome::State::skipped));
  json.key("clients").begin_array();
  for (const ClientOutcome& one : outcomes)
    write_outcome(json, one);
  json.end_array().end_object();
}

Result<void> import_file(Command& command, const ClientImportFlags& flags) {
  const std::vector<transfer::ClientFormat> formats = transfer::client_formats();
  const auto format = std::find_if(formats.begin(), formats.end(),
                                   [&](const auto& one) { return one.name == flags.format; });
  const std::string text = TRY(read_input(flags.file, transfer::kMaxClientFile));
  auto clients = TRY(transfer::read_foreign_clients(*format, text));
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  const std::vector<ClientOutcome> outcomes = TRY(transfer::import_clients(
      *s, std::move(clients), {flags.format, flags.is_dry_run, flags.maps_ids}, operator_origin()));
  for (const ClientOutcome& one : outcomes)
    tell(one);
  command.print(summary(flags, outcomes),
                [&](JsonWriter& json) { write_summary(json, flags, outcomes); });
  const size_t skipped = count_of(outcomes, ClientOutcome::State::skipped);
  if (skipped == 0) return {};
  return Error{ErrorCode::invalid,
               counted(skipped, "client was", "clients were") + " skipped, as listed above"};
}

}  // namespace

void add_foreign(const Subcommand& client, Command& command) {
  const auto flags = std::make_shared<ClientImportFlags>();
  const Subcommand app =
      client.add_subcommand("import", "Add the clients of another provider, with their secrets");
  set_action(app, command, flags, &import_file);
  std::vector<std::string> names;
  for (const transfer::ClientFormat& format : transfer::client_formats())
    names.emplace_back(format.name);
  app.add_option("FILE", flags->file,
                 "What the other provider exported, as JSON; - is standard input")
      .required();
  app.add_option("--from", flags->format, "The other provider").check(one_of(names)).required();
  app.add_flag("--dry-run", flags->is_dry_run, "Check everything, but add nothing");
  app.add_flag("--map-ids", flags->maps_ids,
               "Give an id made from their name to clients whose id is not allowed here");
}

}  // namespace authd::cli
