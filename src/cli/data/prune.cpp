// authd user prune: what the job `retention` does, for all who are due, now.
#include <algorithm>
#include <cstdio>
#include <iterator>

#include "auth/accounts/profile/account_view.h"
#include "auth/upkeep/retention.h"
#include "base/text.h"
#include "cli/frame/commands.h"
#include "cli/frame/group.h"

namespace authd::cli {
namespace {

using auth::EndStep;

struct PruneFlags {
  bool is_dry_run = false;
  bool is_sure = false;
};

// What came of it for one account.
struct Pruned {
  tables::User user;  // as it was before
  EndStep step = EndStep::warn;
  Result<bool> result;  // whether the step was taken, or would be
};

constexpr EndStep kSteps[] = {EndStep::warn, EndStep::remind, EndStep::disable, EndStep::remove};

const char* done_to(EndStep step) {
  switch (step) {
    case EndStep::warn: return "warned";
    case EndStep::remind: return "reminded";
    case EndStep::disable: return "disabled";
    case EndStep::remove: return "deleted";
  }
  return "";
}

size_t count_of(const std::vector<Pruned>& all, EndStep step) {
  return static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const Pruned& one) {
    return one.step == step && one.result && *one.result;
  }));
}

size_t count_refused(const std::vector<Pruned>& all) {
  return static_cast<size_t>(
      std::count_if(all.begin(), all.end(), [](const Pruned& one) { return !one.result; }));
}

// Nothing is written. Who is gone by now is left out.
Result<std::vector<Pruned>> look_at_each(const auth::Services& s, const auth::DuePeople& found) {
  std::vector<Pruned> all;
  for (const auth::DueAccount& due : found.accounts) {
    auto view = auth::view_account(s, due.user);
    if (!view && view.error().code == ErrorCode::not_found) continue;
    if (!view) return view.error();
    all.push_back({std::move(view->user), due.step, true});
  }
  return all;
}

// A store that cannot write will not do better with the next one: the rest has the same error.
void take_each(const auth::Services& s, std::vector<Pruned>& all) {
  const auth::Origin origin = operator_origin();
  bool can_write = true;
  for (size_t i = 0; i < all.size(); ++i) {
    Pruned& one = all[i];
    const auth::DueAccount due{one.user.id, one.step};
    one.result = can_write ? auth::take_step(s, due, auth::mail_pause(i, all.size()), origin)
                           : Result<bool>(all[i - 1].result.error());
    can_write = one.result || one.result.error().code != ErrorCode::unavailable;
    show_progress(i + 1, all.size());
  }
}

// "3 warned, 1 disabled"
std::string sum_of(const std::vector<Pruned>& all) {
  std::string sum;
  for (const EndStep step : kSteps) {
    const size_t count = count_of(all, step);
    if (count == 0) continue;
    sum += (sum.empty() ? "" : ", ") + std::to_string(count) + " " + done_to(step);
  }
  return sum.empty() ? "nobody" : sum;
}

std::string text_of(const std::vector<Pruned>& all, const auth::DuePeople& found, bool is_dry_run) {
  const auto cells = [](const Pruned& one) {
    const tables::User& user = one.user;
    const std::string outcome = !one.result    ? one.result.error().message
                                : !*one.result ? "in use again"
                                               : done_to(one.step);
    return std::vector{std::to_string(user.id.value), user.username, user.email,
                       time_text(user.last_activity, "never"), outcome};
  };
  std::string text;
  if (!all.empty()) {
    text = table_of({"ID", "USERNAME", "EMAIL", "LAST ACTIVITY", is_dry_run ? "WOULD BE" : "IS"},
                    all, cells);
  }
  text += (is_dry_run ? "would be: " : "done: ") + sum_of(all);
  if (found.next) text += "; nobody else is due before " + time_text(*found.next);
  return text;
}

void write_pruned(JsonWriter& json, const Pruned& one) {
  json.begin_object().field("id", one.user.id.value);
  api::text_or_null(json, "username", one.user.username);
  api::text_or_null(json, "email", one.user.email);
  api::time_or_null(json, "last_activity", one.user.last_activity);
  json.field("step", auth::word_of(one.step))
      .field("outcome", !one.result   ? "refused"
                        : *one.result ? "changed"
                                      : "unchanged");
  api::text_or_null(json, "message", one.result ? "" : one.result.error().message);
  json.end_object();
}

void print_pruned(const Command& command, const std::vector<Pruned>& all,
                  const auth::DuePeople& found, bool is_dry_run) {
  command.print(text_of(all, found, is_dry_run), [&](JsonWriter& json) {
    json.begin_object().field("dry_run", is_dry_run);
    for (const EndStep step : kSteps)
      json.field(done_to(step), count_of(all, step));
    json.field("refused", count_refused(all));
    api::time_or_null(json, "next_at", found.next.value_or(Time{}));
    json.key("accounts").begin_array();
    for (const Pruned& one : all)
      write_pruned(json, one);
    json.end_array().end_object();
  });
}

Result<void> prune(Command& command, const PruneFlags& flags) {
  const auth::Services* s = TRY(command.services());
  if (!auth::has_retention(s->config)) {
    return Error{ErrorCode::invalid,
                 "retention.unverified and retention.inactive are both 0, so accounts that nobody "
                 "uses stay"};
  }
  const auth::DuePeople found = TRY(auth::find_due(*s, command.clock().now()));
  std::vector<Pruned> all = TRY(look_at_each(*s, found));
  if (!flags.is_dry_run && !all.empty()) {
    TRY(confirm(flags.is_sure, "take the next step for unused accounts: " + sum_of(all)));
    take_each(*s, all);
  }
  print_pruned(command, all, found, flags.is_dry_run);
  const uint64_t due = found.due[0] + found.due[1] + found.due[2] + found.due[3];
  if (due > found.accounts.size()) {
    std::fprintf(stderr, "%llu more are due: run this again\n",
                 static_cast<unsigned long long>(due - found.accounts.size()));
  }
  const size_t refused = count_refused(all);
  if (refused == 0) return {};
  return Error{ErrorCode::invalid,
               std::to_string(refused) + " of " + std::to_string(all.size()) + " were refused"};
}

}  // namespace

void add_prune(const Subcommand& user, Command& command) {
  const Subcommand app =
      user.add_subcommand("prune",
                          "Warn, disable and delete the accounts that nobody uses, as retention.* "
                          "says: all that are due, without waiting for the server's job");
  const auto flags = std::make_shared<PruneFlags>();
  app.add_flag("--dry-run", flags->is_dry_run,
               "Only say who is due now, and when the next one will be");
  app.add_flag("--yes", flags->is_sure, kYesHelp);
  set_action(app, command, flags, &prune);
}

}  // namespace authd::cli
