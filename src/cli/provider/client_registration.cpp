// authd client registration-token add|list|revoke
#include "api/core/registration_tokens.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

struct TokenFlags {
  std::string name;
  std::string id;
  uint64_t uses = 1;
  std::string valid = "30d";
  bool is_sure = false;
};

// An error about a member of the API that is an option with another name here.
Error at_option(Error error) {
  if (error.field != auth::kRegistrationLifeField) return error;
  error.field = "valid";
  error.message = "--valid: " + error.message;
  return error;
}

Result<void> add(Command& command, const TokenFlags& flags) {
  const Result<Milliseconds> life = config::parse_duration(flags.valid);
  if (!life) return Error{ErrorCode::usage, "--valid is a duration such as 30d"};
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  const auto made = from_arguments(
      auth::add_registration_token(*s, flags.name, flags.uses, *life, operator_origin()));
  if (!made) return at_option(made.error());
  command.print("id:    " + auth::registration_token_text(made->row) + "\ntoken: " +
                    std::string(made->text.reveal()) + "\nThe token is shown only this once.",
                [&](JsonWriter& json) { api::write_made_registration_token(json, *made); });
  return {};
}

Result<void> list(Command& command, const TokenFlags&) {
  const auth::Services* s = TRY(command.services());
  command.print_list("registration_tokens", TRY(auth::list_registration_tokens(*s)),
                     &api::write_registration_token, {"ID", "NAME", "USES LEFT", "CREATED", "ENDS"},
                     [](const tables::RegistrationToken& token) {
                       return std::vector{auth::registration_token_text(token), token.name,
                                          std::to_string(token.uses_left),
                                          time_text(token.created_at), time_text(token.expires_at)};
                     });
  return {};
}

Result<void> revoke(Command& command, const TokenFlags& flags) {
  const auth::Services* s = TRY(command.services());
  TRY(confirm(flags.is_sure, "revoke the registration token " + flags.id));
  TRY(auth::revoke_registration_token(*s, flags.id, operator_origin()));
  command.print("registration token " + flags.id + " is revoked", [&](JsonWriter& json) {
    json.begin_object().field("revoked", flags.id).end_object();
  });
  return {};
}

}  // namespace

void add_registration_tokens(const Subcommand& client, Command& command) {
  Group<TokenFlags> group(client, command, "registration-token",
                          "Tokens with which programs register clients themselves "
                          "(provider.registration = token): add, list, revoke");
  const Subcommand adding = group.add("add", "Create a token; it is shown only once", &add);
  adding.add_option("NAME", group.flags->name, "Who gets it: a note for people").required();
  adding.add_option("--uses", group.flags->uses, "How many clients it registers")
      .check(whole_number(1, auth::kMaxRegistrations))
      .capture_default_str();
  adding.add_option("--valid", group.flags->valid, "How long it can be used, 1m to 366d")
      .capture_default_str();
  group.add("list", "List the tokens that can still be used", &list);
  const Subcommand revoking =
      group.add("revoke", "Revoke a token; the clients that it registered stay", &revoke);
  revoking
      .add_option("TOKEN", group.flags->id,
                  "Its id, as authd client registration-token list shows it")
      .required();
  revoking.add_flag("--yes", group.flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
