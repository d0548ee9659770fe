// authd webhook add|list|set|test|rotate|enable|disable|remove|deliveries|retry|replay
#include <thread>

#include "api/core/webhooks.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/layout.h"
#include "config/reading/values.h"

namespace authd::cli {
namespace {

constexpr Milliseconds kTestPace{200};
// A test is found, sent and answered within this (auth::kWebhookTimeout).
constexpr Milliseconds kTestPatience{25'000};

struct WebhookFlags {
  std::string id;
  std::string url;
  std::string new_url;
  std::string description;
  std::vector<std::string> types;
  std::string since;
  uint64_t limit = auth::kMaxListedDeliveries;
  bool gets_all = false;
  bool only_dead = false;
  bool is_sure = false;
};

std::vector<std::string> webhook_cells(const tables::Webhook& webhook) {
  std::string state = "enabled";
  if (webhook.failing_since != Time{}) state = "failing";
  if (!webhook.is_enabled()) state = "disabled";
  return {auth::webhook_text(webhook.id),
          webhook.url,
          webhook.types.empty() ? "all" : joined(webhook.types, " "),
          state,
          time_text(webhook.answered_at),
          webhook.answer,
          webhook.description};
}

const std::vector<std::string> kWebhookHead = {"ID",           "ADDRESS", "EVENTS",     "STATE",
                                               "LAST ATTEMPT", "ANSWER",  "DESCRIPTION"};

void print_webhook(Command& command, const tables::Webhook& webhook) {
  command.print(table_of(kWebhookHead, std::vector{webhook}, &webhook_cells),
                [&](JsonWriter& json) { api::write_webhook(json, webhook); });
}

void print_new_secret(Command& command, const auth::NewSecret& made) {
  command.print(table_of(kWebhookHead, std::vector{made.webhook}, &webhook_cells) +
                    "\nThe secret, which is shown only now: " + made.secret,
                [&](JsonWriter& json) { api::write_new_secret(json, made); });
}

Result<void> add(Command& command, const WebhookFlags& flags) {
  const auth::Services* s = TRY(command.services(server::Making::allowed));
  const auth::WebhookForm form{flags.url, flags.description, flags.types};
  print_new_secret(command, TRY(from_arguments(auth::add_webhook(*s, form, operator_origin()))));
  return {};
}

Result<void> list(Command& command, const WebhookFlags&) {
  const auth::Services* s = TRY(command.services());
  command.print_list("webhooks", TRY(auth::list_webhooks(*s)), &api::write_webhook, kWebhookHead,
                     &webhook_cells);
  return {};
}

Result<void> set(Command& command, const WebhookFlags& flags) {
  auth::WebhookForm form;
  if (!flags.new_url.empty()) form.url = flags.new_url;
  if (!flags.description.empty()) form.description = flags.description;
  if (!flags.types.empty()) form.types = flags.types;
  if (flags.gets_all) form.types = std::vector<std::string>{};
  const auth::Services* s = TRY(command.services());
  print_webhook(command,
                TRY(from_arguments(auth::change_webhook(*s, flags.id, form, operator_origin()))));
  return {};
}

Result<void> test(Command& command, const WebhookFlags& flags) {
  const auth::Services* s = TRY(command.services());
  TRY(auth::test_webhook(*s, flags.id, operator_origin()));
  const SteadyTime end = command.clock().steady_now() + kTestPatience;
  tables::Webhook webhook;
  while (webhook.tested_at == Time{}) {
    if (command.clock().steady_now() >= end) {
      return Error{ErrorCode::invalid,
                   "no server has sent the test: is authd running, and webhooks.enabled on?"};
    }
    std::this_thread::sleep_for(kTestPace);
    webhook = TRY(auth::find_webhook(*s, flags.id));
  }
  if (!webhook.test_answer.starts_with("HTTP 2")) {
    return Error{ErrorCode::invalid, "the endpoint does not take events: " + webhook.test_answer};
  }
  print_webhook(command, webhook);
  return {};
}

Result<void> rotate(Command& command, const WebhookFlags& flags) {
  const auth::Services* s = TRY(command.services());
  print_new_secret(command, TRY(auth::rotate_webhook(*s, flags.id, operator_origin())));
  return {};
}

Result<void> enable(Command& command, const WebhookFlags& flags) {
  const auth::Services* s = TRY(command.services());
  print_webhook(command, TRY(auth::set_webhook_enabled(*s, flags.id, true, operator_origin())));
  return {};
}

Result<void> disable(Command& command, const WebhookFlags& flags) {
  const auth::Services* s = TRY(command.services());
  print_webhook(command, TRY(auth::set_webhook_enabled(*s, flags.id, false, operator_origin())));
  return {};
}

Result<void> remove(Command& command, const WebhookFlags& flags) {
  const auth::Services* s = TRY(command.services());
  const tables::Webhook webhook = TRY(auth::find_webhook(*s, flags.id));
  TRY(confirm(flags.is_sure,
              "remove the endpoint at " + printable(webhook.url) + " with all that waits for it"));
  TRY(auth::remove_webhook(*s, flags.id, operator_origin()));
  command.print("endpoint " + flags.id + " is removed", [&](JsonWriter& json) {
    json.begin_object().field("removed", flags.id).end_object();
  });
  return {};
}

Result<void> deliveries(Command& command, const WebhookFlags& flags) {
  const auth::Services* s = TRY(command.services());
  auth::DeliveryFilter filter;
  filter.webhook = flags.id;
  if (flags.only_dead) filter.state = tables::DeliveryState::dead;
  filter.limit = flags.limit;
  command.print_list("deliveries", TRY(auth::list_deliveries(*s, filter)), &api::write_delivery,
                     {"ID", "EVENT", "HAPPENED", "STATE", "ATTEMPTS", "NEXT ATTEMPT", "LAST ERROR"},
                     [](const auth::ListedDelivery& one) {
                       const bool is_waiting = one.row.state == tables::DeliveryState::waiting;
                       return std::vector{auth::delivery_text(one.row),
                                          one.type,
                                          time_text(one.at),
                                          std::string(auth::word_of(one.row.state)),
                                          std::to_string(one.row.attempts),
                                          is_waiting ? time_text(one.row.due_at) : "",
                                          one.row.last_error};
                     });
  return {};
}

void print_count(Command& command, const char* what, size_t count) {
  command.print(std::string(what) + ": " + std::to_string(count),
                [&](JsonWriter& json) { json.begin_object().field(what, count).end_object(); });
}

Result<void> retry(Command& command, const WebhookFlags& flags) {
  const auth::Services* s = TRY(command.services());
  size_t count = 1;
  if (auth::parse_webhook_id(flags.id)) {
    count = TRY(auth::retry_deliveries(*s, flags.id, operator_origin()));
  } else {
    TRY(auth::retry_delivery(*s, flags.id, operator_origin()));
  }
  print_count(command, "retried", count);
  return {};
}

// A time, or how long ago.
Result<Time> since_of(const WebhookFlags& flags, Time now) {
  if (const auto time = parse_rfc3339(flags.since)) return *time;
  const Result<Milliseconds> ago = config::parse_duration(flags.since);
  if (ago) return now - *ago;
  return Error{ErrorCode::usage,
               "--since is a time such as 2026-12-01T04:20:00Z, or 2h for two hours ago"};
}

Result<void> replay(Command& command, const WebhookFlags& flags) {
  const Time since = TRY(since_of(flags, command.clock().now()));
  const auth::Services* s = TRY(command.services());
  print_count(command, "replayed",
              TRY(auth::replay_events(*s, flags.id, since, operator_origin())));
  return {};
}

}  // namespace

void add_webhook(const Subcommand& app, Command& command) {
  Group<WebhookFlags> group(
      app, command, "webhook",
      "Programs that are told of events: add, list, set, test, rotate, enable, disable, remove, "
      "deliveries, retry, replay");
  const auto add_id = [&](const Subcommand& to) {
    return to.add_option("WEBHOOK", group.flags->id, "Its id, as authd webhook list shows it");
  };
  const auto add_members = [&](const Subcommand& to) {
    to.add_option("--type", group.flags->types,
                  "A type of event: user.created, or login.* for a group; may be repeated")
        .one_value_each();
    to.add_option("--description", group.flags->description, "A note for people");
  };
  const Subcommand adding =
      group.add("add", "Tell an address of events from now on; shows its secret once", &add);
  adding.add_option("URL", group.flags->url, "An https address").required();
  add_members(adding);
  group.add("list", "List the endpoints, with what they answered last", &list);
  const Subcommand setting =
      group.add("set", "Change an endpoint; --type replaces all of its types", &set);
  add_id(setting).required();
  setting.add_option("--url", group.flags->new_url, "Its new address");
  add_members(setting);
  setting.add_flag("--all-types", group.flags->gets_all, "It gets events of every type");
  add_id(
      group.add("test", "Send an event of the type webhook.test, and wait for the answer", &test))
      .required();
  add_id(group.add("rotate",
                   "Make a new secret, and show it once; the one before signs for another day",
                   &rotate))
      .required();
  add_id(group.add("enable", "Send events to an endpoint again, from now on", &enable)).required();
  add_id(group.add("disable", "Send nothing to an endpoint", &disable)).required();
  const Subcommand removing =
      group.add("remove", "Remove an endpoint with all that waits for it", &remove);
  add_id(removing).required();
  removing.add_flag("--yes", group.flags->is_sure, kYesHelp);
  const Subcommand listing = group.add(
      "deliveries", "The events that wait or were given up, the oldest first", &deliveries);
  add_id(listing);
  listing.add_flag("--dead", group.flags->only_dead, "Only those that were given up");
  listing.add_option("--limit", group.flags->limit, "At most this many")
      .check(whole_number(1))
      .capture_default_str();
  const Subcommand retrying = group.add(
      "retry", "Send an event now, even if it was given up; or all that an endpoint lacks", &retry);
  retrying
      .add_option("ID", group.flags->id,
                  "A delivery, as authd webhook deliveries shows it, or an endpoint")
      .required();
  const Subcommand replaying =
      group.add("replay", "Send the events since a time again, with the same ids", &replay);
  add_id(replaying).required();
  replaying
      .add_option("--since", group.flags->since,
                  "A time such as 2026-12-01T04:20:00Z, or 2h for two hours ago")
      .required();
}

}  // namespace authd::cli
