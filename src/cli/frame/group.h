// Helpers for defining subcommands: a group has one set of flags, which is passed to the function
// of each of its commands.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/frame/command.h"
#include "cli/frame/options.h"

namespace authd::cli {

// Adds the common flags to the subcommand and sets the action that runs when it is chosen.
template <typename Action>
void set_action(const Subcommand& app, Command& command, Action action) {
  command.add_common(app);
  app.callback(
      [&command, action] { command.action = [&command, action] { return action(command); }; });
}

// The same for an action with flags.
template <typename Flags, typename Action>
void set_action(const Subcommand& app, Command& command, std::shared_ptr<Flags> flags,
                Action action) {
  set_action(app, command,
             [flags = std::move(flags), action](Command& c) { return action(c, *flags); });
}

// The same for a command that has subcommands as well: runs if none of them is chosen. It gets the
// common flags as every group does (run.cpp).
template <typename Flags, typename Action>
void set_default_action(const Subcommand& app, Command& command, std::shared_ptr<Flags> flags,
                        Action action) {
  app.callback_without_subcommand([&command, flags = std::move(flags), action] {
    command.action = [&command, flags, action] { return action(command, *flags); };
  });
}

// `authd NAME …`, which requires a subcommand.
inline Subcommand make_group(const Subcommand& app, const std::string& name,
                             const std::string& help) {
  const Subcommand group = app.add_subcommand(name, help);
  group.require_subcommand();
  return group;
}

// A group whose commands share one set of flags.
template <typename Flags>
class Group {
 public:
  Group(const Subcommand& app, Command& command, const std::string& name, const std::string& help)
      : app_(make_group(app, name, help)), command_(command) {}

  // `action` is called as action(command, flags).
  template <typename Action>
  Subcommand add(const std::string& name, const std::string& help, Action action) {
    const Subcommand one = app_.add_subcommand(name, help);
    set_action(one, command_, flags, std::move(action));
    return one;
  }

  const Subcommand& app() const { return app_; }

  const std::shared_ptr<Flags> flags = std::make_shared<Flags>();

 private:
  const Subcommand app_;
  Command& command_;
};

}  // namespace authd::cli
