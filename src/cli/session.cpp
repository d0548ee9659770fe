// authd session list|revoke
#include "auth/sessions/sessions.h"

#include "auth/accounts/accounts.h"
#include "cli/commands.h"
#include "cli/group.h"

namespace authd::cli {
namespace {

Result<void> list(Command& command, const std::string& who) {
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(auth::find_account(*s, who));
  const auto sessions = TRY(auth::list_sessions(*s, user.id, command.clock().now()));
  command.print_list(
      "sessions", sessions,
      [](JsonWriter& json, const tables::Session& session) {
        api::write_session(json, session, "");
      },
      {"ID", "CREATED", "LAST USED", "ADDRESS", "USER AGENT"},
      [](const tables::Session& session) {
        return std::vector{auth::session_text(session.id), format_rfc3339(session.created_at),
                           format_rfc3339(session.rotated_at), session.address, session.user_agent};
      });
  return {};
}

Result<void> revoke(Command& command, const std::string& text) {
  const auth::Services* s = TRY(command.services());
  const std::optional<std::string> id = auth::parse_session_id(text);
  const bool ended = id && TRY(auth::end_session(*s, *id, operator_origin()));
  if (!ended) return Error{ErrorCode::not_found, "there is no session " + text};
  command.print("session " + text + " is ended",
                [&](JsonWriter& json) { json.begin_object().field("revoked", text).end_object(); });
  return {};
}

}  // namespace

void add_session(CLI::App& app, Command& command) {
  Group<std::string> group(app, command, "session", "Sessions: list, revoke");
  group.add("list", "List a user's sessions", &list)
      ->add_option("USER", *group.flags, kUserHelp)
      ->required();
  group.add("revoke", "End a session and revoke its tokens", &revoke)
      ->add_option("SESSION", *group.flags, "Its id, as `authd session list` shows it")
      ->required();
}

}  // namespace authd::cli
