#include "server/process/confinement.h"

#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/syscall_filter.h"
#include "server/process/landlock.h"
#include "server/process/system_calls.h"

namespace authd::server {
namespace {

void warn(Log& log, const char* message, int error_number) {
  log.warn(message, {{"cause", system_message(error_number)}});
}

bool can(int capability, const __user_cap_data_struct* has) {
  return (has[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

void drop_capabilities(Log& log) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> has{};
  if (syscall(SYS_capget, &header, has.data()) != 0) {
    warn(log, "capabilities are kept", errno);
    return;
  }
  // Capabilities in the bounding set can be regained. Reducing it takes CAP_SETPCAP; without that,
  // PR_SET_NO_NEW_PRIVS alone prevents new ones.
  if (can(CAP_SETPCAP, has.data())) {
    for (unsigned long capability = 0; capability < 64; ++capability) {
      if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break;  // after the kernel's last
    }
  }
  const bool has_any = std::any_of(has.begin(), has.end(), [](const auto& word) {
    return (word.effective | word.permitted | word.inheritable) != 0;
  });
  if (!has_any) return;  // A false alarm if the service manager refuses the call.
  has = {};
  if (syscall(SYS_capset, &header, has.data()) != 0) warn(log, "capabilities are kept", errno);
}

void refuse_to_be_dumped(Log& log) {
  const rlimit none{0, 0};
  // RLIMIT_CORE does not apply to a core that the system pipes into a program. PR_SET_DUMPABLE
  // does.
  if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    warn(log, "a core dump would hold secrets", errno);
}

// Builds for tests are linked dynamically, and their image worker would not start.
bool can_restrict(const config::Config& config) {
  return config.server.sandbox && SyscallFilter::is_possible() && getauxval(AT_BASE) == 0;
}

void give_up_privileges(Log& log) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) warn(log, "privileges can be gained", errno);
  drop_capabilities(log);
}

}  // namespace

void confine_thread(const config::Config& config, Log& log) {
  give_up_privileges(log);
  if (can_restrict(config)) restrict_files_to(config.server.data_dir, log);
}

void confine(const config::Config& config, Log& log) {
  if (geteuid() == 0) {
    log.warn(
        "authd runs as root without need: an intruder could write files as root, too; run it as a "
        "user of its own, as the systemd unit does");
  }
  give_up_privileges(log);
  if (!config.server.sandbox) {
    log.warn("server.sandbox is off: system calls and files are not restricted");
    return;
  }
  refuse_to_be_dumped(log);
  if (!can_restrict(config)) return;
  restrict_files(config, log);
  if (const int failure = filter_server_calls(); failure != 0)
    warn(log, "this machine does not allow filtering of system calls (seccomp)", failure);
}

}  // namespace authd::server
