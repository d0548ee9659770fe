// authd token issue|inspect|revoke

#include "auth/core/caller.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/introspection.h"
#include "auth/sessions/token_issue.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/names.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

struct TokenFlags {
  std::string who;
  std::string ttl = "15m";
  std::string scope = std::string(auth::kAccountScope);
};

Result<void> issue(Command& command, const TokenFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const Result<Milliseconds> life = config::parse_duration(flags.ttl);
  if (!life) return Error{ErrorCode::usage, "--ttl: " + life.error().message};
  const tables::User user = TRY(find_user(*s, flags.who));
  const auth::MintedToken minted = TRY(from_arguments(auth::issue_token(
      *s, user.id, std::chrono::floor<Seconds>(*life), flags.scope, operator_origin())));
  command.print(std::string(minted.token.reveal()), [&](JsonWriter& json) {
    json.begin_object()
        .field("access_token", minted.token.reveal())
        .field("token_type", "bearer")
        .field("expires_in", minted.expires_in.count())
        .end_object();
  });
  return {};
}

// Tokens are credentials, so they are read from standard input, like passwords.
Result<Password> read_token() {
  return read_password("Token", false);
}

void write_claims(JsonWriter& json, const auth::Claims& claims, bool is_active) {
  json.begin_object().field("active", is_active).field("sub", claims.subject);
  api::text_or_null(json, "sid", auth::session_text(claims.session_id));
  api::text_or_null(json, "jti", claims.jti);
  api::text_or_null(json, "client_id", claims.client_id);
  api::text_or_null(json, "scope", claims.scope);
  api::time_or_null(json, "iat", claims.issued_at);
  api::time_or_null(json, "exp", claims.expires_at);
  api::time_or_null(json, "auth_time", claims.auth_time);
  json.key("roles").begin_array();
  for (const std::string& role : claims.roles)
    json.value(role);
  json.end_array().end_object();
}

Result<void> inspect(Command& command) {
  const auth::Services* s = TRY(command.services());
  const Password text = TRY(read_token());
  const auto claims = TRY(auth::read_claims(*s, text.reveal()));
  const Result<auth::Person> caller = auth::authenticate(*s, text.reveal(), command.clock().now());
  if (!caller && caller.error().code != ErrorCode::unauthenticated) return caller.error();
  const std::string shown =
      table({"CLAIM", "VALUE"}, {{"active", caller ? "yes" : "no"},
                                 {"subject", claims->subject},
                                 {"session", auth::session_text(claims->session_id)},
                                 {"jti", claims->jti},
                                 {"scope", claims->scope},
                                 {"issued", format_rfc3339(claims->issued_at)},
                                 {"expires", format_rfc3339(claims->expires_at)}});
  command.print(shown, [&](JsonWriter& json) { write_claims(json, *claims, caller.has_value()); });
  return {};
}

Result<void> revoke(Command& command) {
  const auth::Services* s = TRY(command.services());
  const Password text = TRY(read_token());
  const bool was_good =
      TRY(auth::revoke_token(*s, text.reveal(), operator_origin(), command.clock().now()));
  if (!was_good) {
    return Error{
        ErrorCode::not_found,
        "nothing was revoked: this is not a valid token of this server (see authd token inspect)"};
  }
  command.print("the token is revoked",
                [](JsonWriter& json) { json.begin_object().field("revoked", true).end_object(); });
  return {};
}

}  // namespace

void add_token(const Subcommand& app, Command& command) {
  const Subcommand group = make_group(app, "token", "Tokens: issue, inspect, revoke");
  const auto flags = std::make_shared<TokenFlags>();
  const Subcommand issuing =
      group.add_subcommand("issue",
                           "Create an access token for a user, in a session of its own; a user has "
                           "at most 100 at a time");
  set_action(issuing, command, flags, &issue);
  issuing.add_option("USER", flags->who, kUserHelp).required();
  issuing.add_option("--ttl", flags->ttl, "Its lifetime, at most 24h").capture_default_str();
  issuing.add_option("--scope", flags->scope, "Its scope, space-separated").capture_default_str();
  set_action(group.add_subcommand("inspect",
                                  "Show what a token says, and whether it is valid; read from "
                                  "standard input"),
             command, &inspect);
  set_action(group.add_subcommand("revoke",
                                  "Revoke an access token, or a refresh token with its session; "
                                  "read from standard input"),
             command, &revoke);
}

}  // namespace authd::cli
