// authd session list|revoke
#include "auth/sessions/sessions.h"

#include <CLI/CLI.hpp>

#include "api/render.h"
#include "auth/accounts/accounts.h"
#include "cli/commands.h"

namespace authd::cli {
namespace {

Result<void> list(Command& command, const std::string& who) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(auth::find_account(*s, who));
  JsonWriter json;
  json.begin_array();
  std::vector<std::vector<std::string>> rows;
  for (const tables::Session& session :
       TRY(auth::list_sessions(*s, user.id, command.clock().now()))) {
    api::write_session(json, session, "");
    rows.push_back({auth::session_text(session.id), format_rfc3339(session.created_at),
                    format_rfc3339(session.rotated_at), session.address, session.user_agent});
  }
  json.end_array();
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print(table({"ID", "CREATED", "LAST USED", "ADDRESS", "USER AGENT"}, rows));
  }
  return {};
}

Result<void> revoke(Command& command, const std::string& text) {
  const auth::Services* s = TRY(command.services());
  const std::optional<std::string> id = auth::parse_session_id(text);
  const bool ended = id && TRY(auth::end_session(*s, *id, operator_origin()));
  if (!ended) return Error{ErrorCode::not_found, "there is no session " + text};
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object().field("revoked", text).end_object();
    command.print(json);
  } else {
    command.print("session " + text + " is ended");
  }
  return {};
}

}  // namespace

void add_session(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("session", "Sessions: list, revoke");
  group->require_subcommand(1);
  const auto text = std::make_shared<std::string>();
  CLI::App* listing = group->add_subcommand("list", "List a user's sessions");
  command.add_common(*listing);
  listing->add_option("USER", *text, kUserHelp)->required();
  listing->callback(
      [&command, text] { command.action = [&command, text] { return list(command, *text); }; });
  CLI::App* revoking = group->add_subcommand("revoke", "End a session; its tokens die with it");
  command.add_common(*revoking);
  revoking->add_option("SESSION", *text, "Its id, as `authd session list` shows it")->required();
  revoking->callback(
      [&command, text] { command.action = [&command, text] { return revoke(command, *text); }; });
}

}  // namespace authd::cli
