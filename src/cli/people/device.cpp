// authd user device list|forget
#include "auth/sessions/known_devices.h"

#include "cli/frame/commands.h"
#include "cli/frame/group.h"
#include "cli/frame/names.h"

namespace authd::cli {
namespace {

struct DeviceFlags {
  std::string who;
  std::string device;
  bool is_all = false;
  bool is_sure = false;
};

Result<void> print_of(Command& command, const auth::Services& s, const tables::User& user) {
  const std::vector<tables::Device> all =
      TRY(auth::list_devices(s, user.id, command.clock().now()));
  command.print_list(
      "devices", all,
      [](JsonWriter& json, const tables::Device& device) {
        api::write_device(json, device, false);
      },
      {"ID", "LAST LOGIN", "SINCE", "TRUSTED UNTIL", "ADDRESS", "USER AGENT"},
      [](const tables::Device& device) {
        return std::vector{auth::device_text(device.id),
                           time_text(device.seen_at),
                           time_text(device.created_at),
                           time_text(device.trusted_until),
                           device.address,
                           device.user_agent};
      });
  return {};
}

Result<void> list(Command& command, const DeviceFlags& flags) {
  const auth::Services* s = TRY(command.services());
  return print_of(command, *s, TRY(find_user(*s, flags.who)));
}

Result<void> forget_one(const auth::Services& s, const tables::User& user,
                        const DeviceFlags& flags) {
  const auto id = auth::parse_device_id(flags.device);
  const Error unknown{ErrorCode::not_found, named(user) + " has no device with the id \"" +
                                                printable(flags.device) +
                                                "\"; `authd user device list` shows them"};
  if (!id) return unknown;
  TRY(confirm(flags.is_sure, "forget the device " + flags.device + " of " + named(user)));
  const Result<void> forgotten = auth::forget_device(s, user.id, *id, operator_origin());
  const bool is_unknown = !forgotten && forgotten.error().code == ErrorCode::not_found;
  return is_unknown ? Result<void>(unknown) : forgotten;
}

Result<void> forget(Command& command, const DeviceFlags& flags) {
  if (flags.is_all == !flags.device.empty()) {
    return Error{ErrorCode::usage, "name a device by its id, or give --all"};
  }
  const auth::Services* s = TRY(command.services());
  const tables::User user = TRY(find_user(*s, flags.who));
  if (flags.is_all) {
    TRY(confirm(flags.is_sure, "forget all devices of " + named(user)));
    TRY(auth::forget_devices(*s, user.id, operator_origin()));
  } else {
    TRY(forget_one(*s, user, flags));
  }
  return print_of(command, *s, user);
}

}  // namespace

void add_device(const Subcommand& user, Command& command) {
  Group<DeviceFlags> group(user, command, "device",
                           "The devices that an account knows and trusts: list, forget");
  const auto& flags = group.flags;
  const auto sub = [&](const char* name, const char* help, auto action) {
    const Subcommand one = group.add(name, help, action);
    one.add_option("USER", flags->who, kUserHelp).required();
    return one;
  };
  sub("list", "List them, with the time until which they need no second factor", &list);
  const Subcommand forgetting =
      sub("forget", "Forget one, or all: the next login from it counts as one from a new device",
          &forget);
  forgetting.add_option("ID", flags->device, "The id in the list");
  forgetting.add_flag("--all", flags->is_all, "All of them");
  forgetting.add_flag("--yes", flags->is_sure, kYesHelp);
}

}  // namespace authd::cli
