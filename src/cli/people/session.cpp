// authd session list|revoke
#include "auth/sessions/all_sessions.h"

#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/names.h"
#include "config/reading/values.h"
#include "tables/sessions.h"

namespace authd::cli {
namespace {

struct ListFlags {
  std::string who;
  std::string user;  // --user
  std::string kind;
  std::string network;
  std::string used_within;
  std::string after;
  uint64_t limit = 100;
};

struct RevokeFlags {
  std::string id;
  bool is_sure = false;
};

Result<auth::SessionFilter> filter_of(const ListFlags& flags, Time now) {
  auth::SessionFilter filter;
  filter.kind = tables::parse_session_kind(flags.kind);
  filter.limit = flags.limit;
  if (!flags.network.empty()) {
    filter.network = Network::parse(flags.network);
    if (!filter.network)
      return Error{ErrorCode::usage, "--network is one such as 192.0.2.0/24, or an address"};
  }
  if (!flags.used_within.empty()) {
    const Result<Milliseconds> span = config::parse_duration(flags.used_within);
    if (!span) return Error{ErrorCode::usage, "--used-within: " + span.error().message};
    filter.used_since = now - *span;
  }
  if (flags.after.empty()) return filter;
  const std::optional<std::string> after = auth::parse_session_id(flags.after);
  if (!after)
    return Error{ErrorCode::usage, "--after is the id of a session: the \"next\" of --json"};
  filter.after = *after;
  return filter;
}

Result<void> list_everybody(Command& command, const ListFlags& flags) {
  const Time now = command.clock().now();
  const auth::SessionFilter filter = TRY(filter_of(flags, now));
  const auth::Services* s = TRY(command.services());
  const auth::SessionPage page = TRY(auth::list_all_sessions(*s, filter, now));
  const std::string next = page.next.empty() ? "" : auth::session_text(page.next);
  command.print_page(
      "sessions", page.sessions,
      [](JsonWriter& json, const auth::LiveSession& one) {
        api::write_session_of(json, one.session, one.user);
      },
      next, {"ID", "USER", "KIND", "CREATED", "LAST USED", "ADDRESS", "USER AGENT"},
      [](const auth::LiveSession& one) {
        return std::vector{auth::session_text(one.session.id),
                           named(one.user),
                           std::string(tables::session_kind_name(one.session.kind)),
                           format_rfc3339(one.session.created_at),
                           format_rfc3339(one.session.rotated_at),
                           one.session.address,
                           one.session.user_agent};
      });
  if (!next.empty() && !command.is_json())
    std::fprintf(stderr, "there are more: --after %s\n", next.c_str());
  return {};
}

Result<void> list_of_user(Command& command, const ListFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const auto kind = tables::parse_session_kind(flags.kind);
  const tables::User user = TRY(find_user(*s, flags.who.empty() ? flags.user : flags.who));
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

Result<void> list(Command& command, const ListFlags& flags) {
  if (flags.who.empty() && flags.user.empty()) return list_everybody(command, flags);
  if (!flags.who.empty() && !flags.user.empty())
    return Error{ErrorCode::usage, "name the user once: as the argument or with --user"};
  if (!flags.after.empty() || !flags.network.empty() || !flags.used_within.empty()) {
    return Error{ErrorCode::usage,
                 "--network, --used-within and --after are for the sessions of everybody"};
  }
  return list_of_user(command, flags);
}

Result<void> revoke(Command& command, const RevokeFlags& flags) {
  const std::string& text = flags.id;
  const auth::Services* s = TRY(command.services());
  const std::optional<std::string> id = auth::parse_session_id(text);
  TRY(confirm(flags.is_sure, "end the session " + text));
  const bool ended = id && TRY(auth::end_session(*s, *id, operator_origin()));
  if (!ended) {
    return with_near_session(*s, text,
                             Error{ErrorCode::not_found, "there is no session " + printable(text)});
  }
  command.print("session " + text + " is ended",
                [&](JsonWriter& json) { json.begin_object().field("revoked", text).end_object(); });
  return {};
}

}  // namespace

void add_session(const Subcommand& app, Command& command) {
  const Subcommand group = make_group(app, "session", "Sessions: list, revoke");
  const auto flags = std::make_shared<ListFlags>();
  const Subcommand listing =
      group.add_subcommand("list", "List the sessions of a user, or of everybody");
  set_action(listing, command, flags, &list);
  listing.add_option("USER", flags->who, kUserHelp);
  listing.add_option("--user", flags->user, "The user, in place of the argument").type_name("USER");
  listing
      .add_option(
          "--kind", flags->kind,
          "Only one kind: kept in a cookie, kept by refresh tokens, or issued by authd token issue")
      .check(one_of({"browser", "tokens", "issued"}));
  listing.add_option("--network", flags->network,
                     "Without USER: only from this network or address, such as 192.0.2.0/24");
  listing.add_option("--used-within", flags->used_within,
                     "Without USER: only those used within this time, such as 15m");
  listing.add_option("--limit", flags->limit, "Without USER: at most this many")
      .check(whole_number(1, 10000))
      .capture_default_str();
  listing.add_option("--after", flags->after, "Continue after this id, the \"next\" of --json");
  const auto ending = std::make_shared<RevokeFlags>();
  const Subcommand revoking = group.add_subcommand("revoke", "End a session and revoke its tokens");
  set_action(revoking, command, ending, &revoke);
  revoking.add_option("SESSION", ending->id, "Its id, as `authd session list` shows it").required();
  revoking.add_flag("--yes", ending->is_sure, kYesHelp);
}

}  // namespace authd::cli
