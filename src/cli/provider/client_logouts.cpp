// authd client logouts
#include "api/core/logouts.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/names.h"

namespace authd::cli {
namespace {

struct LogoutFlags {
  std::string client;
  std::string state;
  uint64_t limit = auth::kMaxListedLogouts;
  std::string retry;  // the id of a delivery
  bool retries_all = false;
};

Result<void> list(Command& command, const auth::Services& s, const LogoutFlags& flags) {
  command.print_list(
      "logouts",
      TRY(auth::list_logouts(s, flags.client, auth::parse_delivery_state(flags.state),
                             flags.limit)),
      &api::write_logout,
      {"ID", "STATE", "PERSON", "SIGNED OUT", "ATTEMPTS", "NEXT ATTEMPT", "LAST ERROR"},
      [](const tables::LogoutDelivery& one) {
        const bool is_waiting = one.state == tables::DeliveryState::waiting;
        return std::vector{auth::logout_text(one.id),
                           std::string(auth::word_of(one.state)),
                           one.subject,
                           time_text(one.created_at),
                           std::to_string(one.attempts),
                           is_waiting ? time_text(one.due_at) : "",
                           one.last_error};
      });
  return {};
}

Result<void> retry(Command& command, const auth::Services& s, const LogoutFlags& flags) {
  size_t count = 1;
  if (flags.retries_all) {
    count = TRY(auth::retry_logouts(s, flags.client, operator_origin()));
  } else {
    TRY(auth::retry_logout(s, flags.client, flags.retry, operator_origin()));
  }
  command.print("retried: " + std::to_string(count), [&](JsonWriter& json) {
    json.begin_object().field("retried", count).end_object();
  });
  return {};
}

Result<void> logouts(Command& command, const LogoutFlags& flags) {
  const bool is_retry = flags.retries_all || !flags.retry.empty();
  if (flags.retries_all && !flags.retry.empty()) {
    return Error{ErrorCode::usage, "give either --retry or --retry-all"};
  }
  const auth::Services* s = TRY(command.services());
  Result<void> done = is_retry ? retry(command, *s, flags) : list(command, *s, flags);
  const bool is_unknown = !done && done.error().code == ErrorCode::not_found && flags.retry.empty();
  return is_unknown ? with_near_client(*s, flags.client, done.error()) : std::move(done);
}

}  // namespace

void add_logouts(const Subcommand& client, Command& command) {
  const auto flags = std::make_shared<LogoutFlags>();
  const Subcommand app = client.add_subcommand(
      "logouts", "The sign-outs that an application was told of, newest first; or tell it again");
  set_action(app, command, flags, &logouts);
  app.add_option("CLIENT", flags->client, "Its id, as authd client list shows it").required();
  app.add_option("--state", flags->state, "Only those that are waiting, delivered or dead")
      .check(one_of({"waiting", "delivered", "dead"}));
  app.add_option("--limit", flags->limit, "At most this many")
      .check(whole_number(1))
      .capture_default_str();
  app.add_option("--retry", flags->retry, "Send this one now, even if it was given up");
  app.add_flag("--retry-all", flags->retries_all, "Send now all that wait or were given up");
}

}  // namespace authd::cli
