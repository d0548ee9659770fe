// authd token issue|inspect|revoke
#include <CLI/CLI.hpp>

#include "auth/accounts/accounts.h"
#include "auth/core/caller.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/introspection.h"
#include "auth/sessions/token_issue.h"
#include "cli/commands.h"
#include "config/values.h"

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
  const tables::User user = TRY(auth::find_account(*s, flags.who));
  const auth::MintedToken minted = TRY(from_arguments(auth::issue_token(
      *s, user.id, std::chrono::floor<Seconds>(*life), flags.scope, operator_origin())));
  if (command.is_json()) {
    JsonWriter json;
    json.begin_object()
        .field("access_token", minted.token.reveal())
        .field("token_type", "bearer")
        .field("expires_in", minted.expires_in.count())
        .end_object();
    command.print(json);
  } else {
    command.print(std::string(minted.token.reveal()));
  }
  return {};
}

// Tokens are credentials, so they come by standard input like passwords.
Result<Password> read_token() {
  return read_password("Token", false);
}

Result<void> inspect(Command& command) {
  const auth::Services* s = TRY(command.services());
  const Password text = TRY(read_token());
  const auto claims = TRY(auth::read_claims(*s, text.reveal()));
  const Result<auth::Caller> caller = auth::authenticate(*s, text.reveal(), command.clock().now());
  if (!caller && caller.error().code != ErrorCode::unauthenticated) return caller.error();
  JsonWriter json;
  json.begin_object()
      .field("active", caller.has_value())
      .field("sub", std::to_string(claims->user.value))
      .field("sid", auth::session_text(claims->session_id))
      .field("jti", claims->jti)
      .field("client_id", claims->client_id)
      .field("scope", claims->scope)
      .field("iat", format_rfc3339(claims->issued_at))
      .field("exp", format_rfc3339(claims->expires_at))
      .field("auth_time", format_rfc3339(claims->auth_time))
      .key("roles")
      .begin_array();
  for (const std::string& role : claims->roles)
    json.value(role);
  json.end_array().end_object();
  if (command.is_json()) {
    command.print(json);
    return {};
  }
  command.print(table({"CLAIM", "VALUE"}, {{"active", caller ? "yes" : "no"},
                                           {"user", std::to_string(claims->user.value)},
                                           {"session", auth::session_text(claims->session_id)},
                                           {"jti", claims->jti},
                                           {"scope", claims->scope},
                                           {"issued", format_rfc3339(claims->issued_at)},
                                           {"expires", format_rfc3339(claims->expires_at)}}));
  return {};
}

Result<void> revoke(Command& command) {
  const auth::Services* s = TRY(command.services());
  const Password text = TRY(read_token());
  const bool was_good =
      TRY(auth::revoke_token(*s, text.reveal(), operator_origin(), command.clock().now()));
  if (!was_good) {
    return Error{ErrorCode::not_found,
                 "nothing was revoked: this is no token that is good here (authd token inspect)"};
  }
  JsonWriter json;
  json.begin_object().field("revoked", true).end_object();
  if (command.is_json()) {
    command.print(json);
  } else {
    command.print("the token is revoked");
  }
  return {};
}

}  // namespace

void add_token(CLI::App& app, Command& command) {
  CLI::App* group = app.add_subcommand("token", "Tokens: issue, inspect, revoke");
  group->require_subcommand(1);
  const auto flags = std::make_shared<TokenFlags>();
  CLI::App* issuing =
      group->add_subcommand("issue", "Make an access token for a user, in a session of its own");
  command.add_common(*issuing);
  issuing->add_option("USER", flags->who, kUserHelp)->required();
  issuing->add_option("--ttl", flags->ttl, "Its life, at most 24h")->capture_default_str();
  issuing->add_option("--scope", flags->scope, "Its scope, space-separated")->capture_default_str();
  issuing->callback(
      [&command, flags] { command.action = [&command, flags] { return issue(command, *flags); }; });
  CLI::App* inspecting = group->add_subcommand(
      "inspect", "Show what a token says, and whether it is good; read from standard input");
  command.add_common(*inspecting);
  inspecting->callback([&command] { command.action = [&command] { return inspect(command); }; });
  CLI::App* revoking = group->add_subcommand(
      "revoke",
      "Revoke an access token, or a refresh token with its session; read from standard input");
  command.add_common(*revoking);
  revoking->callback([&command] { command.action = [&command] { return revoke(command); }; });
}

}  // namespace authd::cli
