// authd invite [EMAIL], invite --from FILE, invite list|revoke
#include "auth/accounts/account/invitations.h"

#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/names.h"
#include "cli/people/invite_list.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

struct InviteFlags {
  std::string email;
  std::vector<std::string> roles;
  std::string life = "7d";
  uint64_t uses = 1;
  bool sends_mail = false;
  std::string id;
  InviteListFlags list;
};

Result<void> check_flags(const InviteFlags& flags) {
  if (flags.list.from.empty()) {
    if (!flags.list.is_dry_run && !flags.list.is_sure) return {};
    return Error{ErrorCode::usage, "--dry-run and --yes go with --from"};
  }
  if (!flags.email.empty()) return Error{ErrorCode::usage, "give EMAIL or --from, not both"};
  if (flags.uses == 1) return {};
  return Error{ErrorCode::usage, "an invitation for one address makes one account: no --uses"};
}

Result<void> make(Command& command, const InviteFlags& flags) {
  TRY(check_flags(flags));
  const Result<Milliseconds> life = config::parse_duration(flags.life);
  if (!life) return Error{ErrorCode::usage, "--expires: " + life.error().message};
  const auth::NewInvitation wanted{flags.email, flags.roles, flags.uses, *life, flags.sends_mail};
  if (!flags.list.from.empty()) return invite_list(command, flags.list, wanted);
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  const auth::MadeInvitation made =
      TRY(from_arguments(auth::invite(*s, wanted, operator_origin())));
  // The link alone on standard output, for a script or the clipboard.
  const std::string text =
      made.url.empty() ? "the invitation is mailed to " + printable(made.row.email) : made.url;
  command.print(text, [&](JsonWriter& json) { api::write_made_invitation(json, made); });
  return {};
}

Result<void> list(Command& command, const InviteFlags&) {
  const auth::Services* s = TRY(command.services());
  command.print_list(
      "invitations", TRY(auth::list_invitations(*s)), &api::write_invitation,
      {"ID", "EMAIL", "ROLES", "USED", "EXPIRES"}, [](const tables::Invitation& one) {
        return std::vector{auth::invitation_text(one),
                           one.email.empty() ? std::string("-") : one.email, joined(one.roles, " "),
                           std::to_string(one.used) + " of " + std::to_string(one.uses),
                           format_rfc3339(one.expires_at)};
      });
  return {};
}

Result<void> revoke(Command& command, const InviteFlags& flags) {
  const auth::Services* s = TRY(command.services());
  TRY(auth::revoke_invitation(*s, flags.id, operator_origin()));
  command.print("the invitation is revoked", [&](JsonWriter& json) {
    json.begin_object().field("revoked", flags.id).end_object();
  });
  return {};
}

}  // namespace

void add_invite(const Subcommand& app, Command& command) {
  const auto flags = std::make_shared<InviteFlags>();
  const Subcommand inviting = app.add_subcommand(
      "invite", "Invite people with links, even where sign-up is off; list, revoke");
  inviting.add_option(
      "EMAIL", flags->email,
      "The address of the person; without it, whoever has the link can create an account");
  inviting.add_option("--role", flags->roles, "A role beyond \"user\"; may be repeated")
      .type_name("ROLE");
  inviting.add_option("--expires", flags->life, "The lifetime of the link, 1h to 90d")
      .capture_default_str();
  inviting.add_option("--uses", flags->uses, "How many accounts can be created with the link")
      .check(whole_number(1, auth::kMaxInvitationUses))
      .capture_default_str();
  inviting.add_flag("--mail", flags->sends_mail,
                    "Mail the link to EMAIL, or each link to its address, instead of printing it; "
                    "following it proves the address");
  add_list_options(inviting, flags->list);
  set_default_action(inviting, command, flags, &make);
  const Subcommand listing =
      inviting.add_subcommand("list", "List the invitations that have not expired");
  set_action(listing, command, flags, &list);
  const Subcommand revoking =
      inviting.add_subcommand("revoke", "Revoke an invitation: its link stops working");
  revoking.add_option("ID", flags->id, "Its id, as `authd invite list` shows it").required();
  set_action(revoking, command, flags, &revoke);
}

}  // namespace authd::cli
