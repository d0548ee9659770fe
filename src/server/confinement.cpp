#include "server/confinement.h"

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
#include "server/landlock.h"
#include "server/system_calls.h"

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
  // What can never be had again; only who may set capabilities may narrow this, and whoever may not
  // is kept from new ones by PR_SET_NO_NEW_PRIVS alone.
  if (can(CAP_SETPCAP, has.data())) {
    for (unsigned long capability = 0; capability < 64; ++capability) {
      if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break;  // behind the kernel's last
    }
  }
  const bool has_any = std::any_of(has.begin(), has.end(), [](const auto& word) {
    return (word.effective | word.permitted | word.inheritable) != 0;
  });
  if (!has_any) return;  // Where the service manager refuses the call, it would be a false alarm.
  has = {};
  if (syscall(SYS_capset, &header, has.data()) != 0) warn(log, "capabilities are kept", errno);
}

void refuse_to_be_dumped(Log& log) {
  const rlimit none{0, 0};
  // A core that the system pipes into a program has no limit; that one asks whether it may.
  if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    warn(log, "a core dump would hold secrets", errno);
}

}  // namespace

void confine(const config::Config& config, Log& log) {
  if (geteuid() == 0) {
    log.warn(
        "authd runs as root and needs not: it writes files as root, so an intruder could do too; "
        "run it as a user of its own, as the systemd unit does");
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) warn(log, "privileges can be gained", errno);
  drop_capabilities(log);
  if (!config.server.sandbox) {
    log.warn("server.sandbox is off: system calls and files are not restricted");
    return;
  }
  refuse_to_be_dumped(log);
  // The builds for tests: the image worker of one that is linked dynamically would not start.
  if (!SyscallFilter::is_possible() || getauxval(AT_BASE) != 0) return;
  restrict_files(config, log);
  if (const int failure = filter_server_calls(); failure != 0)
    warn(log, "this machine grants no filter of system calls (seccomp)", failure);
}

}  // namespace authd::server
