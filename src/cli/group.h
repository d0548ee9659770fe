// Helpers for defining subcommands: a group has one set of flags, which is passed to the function
// of each of its commands.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "base/text.h"
#include "cli/command.h"

namespace authd::cli {

// Adds the common flags to the subcommand and sets the action that runs when it is chosen.
template <typename Action>
void set_action(CLI::App& app, Command& command, Action action) {
  command.add_common(app);
  app.callback(
      [&command, action] { command.action = [&command, action] { return action(command); }; });
}

// The same for an action with flags.
template <typename Flags, typename Action>
void set_action(CLI::App& app, Command& command, std::shared_ptr<Flags> flags, Action action) {
  set_action(app, command,
             [flags = std::move(flags), action](Command& c) { return action(c, *flags); });
}

// A number from `low` to `high`, in digits.
inline CLI::Validator whole_number(uint64_t low, uint64_t high = UINT64_MAX) {
  return CLI::Validator(
      [low, high](const std::string& text) -> std::string {
        const auto number = parse_unsigned(text);
        if (number && *number >= low && *number <= high) return "";
        std::string problem = '"' + printable(text) + "\" is not a whole number";
        if (low > 0) problem += " of at least " + std::to_string(low);
        if (high < UINT64_MAX) problem += " and at most " + std::to_string(high);
        return problem;
      },
      "");
}

// One of the words, which help and completion name as well.
inline CLI::Validator one_of(const std::vector<std::string>& words) {
  return CLI::Validator(
      [words](const std::string& text) -> std::string {
        if (std::find(words.begin(), words.end(), text) != words.end()) return "";
        return '"' + printable(text) + "\" is none of " + joined(words, ", ") +
               did_you_mean(nearest_of(text, words));
      },
      "{" + joined(words, ",") + "}");
}

// `authd NAME …`, which requires a subcommand.
inline CLI::App& make_group(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* group = app.add_subcommand(name, help);
  group->require_subcommand(1);
  return *group;
}

// A group whose commands share one set of flags.
template <typename Flags>
class Group {
 public:
  Group(CLI::App& app, Command& command, const std::string& name, const std::string& help)
      : app_(make_group(app, name, help)), command_(command) {}

  // `action` is called as action(command, flags).
  template <typename Action>
  CLI::App* add(const std::string& name, const std::string& help, Action action) {
    CLI::App* one = app_.add_subcommand(name, help);
    set_action(*one, command_, flags, std::move(action));
    return one;
  }

  CLI::App& app() { return app_; }

  const std::shared_ptr<Flags> flags = std::make_shared<Flags>();

 private:
  CLI::App& app_;
  Command& command_;
};

}  // namespace authd::cli
