// authd session list|revoke
#include "auth/sessions/sessions.h"

#include "cli/commands.h"
#include "cli/group.h"
#include "cli/names.h"
#include "tables/sessions.h"

namespace authd::cli {
namespace {

struct ListFlags {
  std::string who;
  std::string kind;
};

Result<void> list(Command& command, const ListFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const auto kind = tables::parse_session_kind(flags.kind);
  const tables::User user = TRY(find_user(*s, flags.who));
  const auto sessions = TRY(auth::list_sessions(*s, user.id, command.clock().now(), kind));
  command.print_list(
      "sessions", sessions,
      [](JsonWriter& json, const tables::Session& session) {
        api::write_session(json, session, false);
      },
      {"ID", "KIND", "CREATED", "LAST USED", "ADDRESS", "USER AGENT"},
      [](const tables::Session& session) {
        return std::vector{auth::session_text(session.id),
                           std::string(tables::session_kind_name(session.kind)),
                           format_rfc3339(session.created_at),
                           format_rfc3339(session.rotated_at),
                           session.address,
                           session.user_agent};
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

void add_session(const Subcommand& app, Command& command) {
  const Subcommand group = make_group(app, "session", "Sessions: list, revoke");
  const auto flags = std::make_shared<ListFlags>();
  const Subcommand listing = group.add_subcommand("list", "List a user's sessions");
  set_action(listing, command, flags, &list);
  listing.add_option("USER", flags->who, kUserHelp).required();
  listing
      .add_option("--kind", flags->kind,
                  "Only one kind: kept in a cookie, kept by refresh tokens, or made by authd "
                  "token issue")
      .check(one_of({"browser", "tokens", "issued"}));
  const auto id = std::make_shared<std::string>();
  const Subcommand revoking = group.add_subcommand("revoke", "End a session and revoke its tokens");
  set_action(revoking, command, id, &revoke);
  revoking.add_option("SESSION", *id, "Its id, as `authd session list` shows it").required();
}

}  // namespace authd::cli
