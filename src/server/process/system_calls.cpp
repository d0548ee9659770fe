#include "server/process/system_calls.h"

#include <asm/ioctls.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace authd::server {
namespace {

// arm64 has only the successors of these calls. No call has the number -1.
#if defined(__x86_64__)
#define OF_X86(name) __NR_##name
#else
#define OF_X86(name) -1
#endif

constexpr uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                    CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_NEWTIME;

void allow_requests(SyscallFilter& filter) {
  filter.give(
      {__NR_futex, __NR_recvfrom, __NR_sendto, OF_X86(epoll_wait), __NR_epoll_ctl, __NR_read,
       __NR_write, __NR_close, __NR_accept4, __NR_pwrite64, __NR_pread64, __NR_fdatasync,
       __NR_epoll_pwait, __NR_madvise, __NR_munmap, __NR_clock_gettime, __NR_getrandom},
      Verdict::allow());
}

void allow_memory(SyscallFilter& filter) {
  const SyscallFilter::BitTest not_executable{.argument = 2, .bits = PROT_EXEC, .wanted = 0};
  filter.give_if_bits(__NR_mmap, {not_executable}, Verdict::allow(), Verdict::refuse(EACCES));
  filter.give_if_bits(__NR_mprotect, {not_executable}, Verdict::allow(), Verdict::refuse(EACCES));
  filter.give(
      {__NR_brk, __NR_mremap, __NR_msync, __NR_mincore, __NR_mlock, __NR_munlock, __NR_membarrier},
      Verdict::allow());
}

void allow_files(SyscallFilter& filter) {
  filter.give({__NR_openat, OF_X86(open), OF_X86(creat), __NR_readv, __NR_writev, __NR_preadv,
               __NR_pwritev, __NR_lseek, __NR_fsync, __NR_ftruncate, __NR_fallocate, __NR_flock,
               __NR_fcntl, __NR_dup, OF_X86(dup2), __NR_dup3, __NR_pipe2, OF_X86(pipe)},
              Verdict::allow());
  filter.give({__NR_newfstatat, OF_X86(stat), OF_X86(lstat), __NR_fstat, __NR_statx, __NR_statfs,
               __NR_fstatfs, __NR_faccessat, OF_X86(access), __NR_readlinkat, OF_X86(readlink),
               __NR_getdents64, __NR_getcwd, __NR_umask},
              Verdict::allow());
#ifdef __NR_faccessat2
  filter.give({__NR_faccessat2}, Verdict::allow());
#endif
  filter.give({__NR_mkdirat, OF_X86(mkdir), __NR_unlinkat, OF_X86(unlink), OF_X86(rmdir),
               __NR_renameat, __NR_renameat2, OF_X86(rename), __NR_linkat, OF_X86(link),
               __NR_fchmod, __NR_fchmodat, OF_X86(chmod), __NR_fchown, __NR_fchownat},
              Verdict::allow());
  // Not TIOCSTI and the like, which type into the terminal from which the server was started.
  filter.give_if_value(__NR_ioctl, 1, {FIONBIO, FIONREAD, TCGETS, TIOCGWINSZ}, Verdict::allow(),
                       Verdict::refuse(ENOTTY));
}

// Internet sockets only as TCP streams and UDP datagrams; any local sockets. No raw ones, and no
// protocol that few people use and review.
void allow_sockets(SyscallFilter& filter) {
  constexpr auto equals = &SyscallFilter::equals;
  constexpr auto of_type = [](uint32_t type) {
    constexpr uint32_t kTypes = 0xf;  // the kernel's SOCK_TYPE_MASK: no flags
    return SyscallFilter::BitTest{.argument = 1, .bits = kTypes, .wanted = type};
  };
  // Netlink: the C library asks for this host's addresses before it sorts another host's.
  filter.give_if_any(__NR_socket,
                     {{equals(0, AF_UNIX)},
                      {equals(0, AF_INET), of_type(SOCK_STREAM), equals(2, 0)},
                      {equals(0, AF_INET), of_type(SOCK_STREAM), equals(2, IPPROTO_TCP)},
                      {equals(0, AF_INET), of_type(SOCK_DGRAM), equals(2, 0)},
                      {equals(0, AF_INET), of_type(SOCK_DGRAM), equals(2, IPPROTO_UDP)},
                      {equals(0, AF_INET6), of_type(SOCK_STREAM), equals(2, 0)},
                      {equals(0, AF_INET6), of_type(SOCK_STREAM), equals(2, IPPROTO_TCP)},
                      {equals(0, AF_INET6), of_type(SOCK_DGRAM), equals(2, 0)},
                      {equals(0, AF_INET6), of_type(SOCK_DGRAM), equals(2, IPPROTO_UDP)},
                      {equals(0, AF_NETLINK), equals(2, NETLINK_ROUTE)}},
                     Verdict::allow(), Verdict::refuse(EAFNOSUPPORT));
  filter.give_if_value(__NR_socketpair, 0, {AF_UNIX}, Verdict::allow(),
                       Verdict::refuse(EAFNOSUPPORT));
}

void allow_network(SyscallFilter& filter) {
  filter.give({__NR_connect, __NR_bind, __NR_accept, __NR_shutdown, __NR_setsockopt,
               __NR_getsockopt, __NR_getsockname, __NR_getpeername, __NR_sendmsg, __NR_recvmsg,
               __NR_sendmmsg, __NR_recvmmsg, __NR_ppoll, OF_X86(poll), __NR_pselect6,
               OF_X86(select), __NR_epoll_create1, __NR_eventfd2, __NR_signalfd4},
              Verdict::allow());
}

// A thread or the image worker; not another namespace, in which it would be root. clone3 hides its
// flags from a filter, so it is not on the list, and the C library uses clone instead.
void allow_threads(SyscallFilter& filter) {
  filter.give_if_bits(__NR_clone, {{.argument = 0, .bits = kNewNamespaces, .wanted = 0}},
                      Verdict::allow(), Verdict::refuse(EPERM));
  filter.give({OF_X86(vfork), __NR_execve, __NR_wait4, __NR_waitid, __NR_exit, __NR_exit_group},
              Verdict::allow());
  filter.give({__NR_rt_sigaction, __NR_rt_sigprocmask, __NR_rt_sigreturn, __NR_rt_sigtimedwait,
               __NR_sigaltstack, __NR_restart_syscall},
              Verdict::allow());
  filter.give({__NR_set_robust_list,
               __NR_get_robust_list,
               __NR_set_tid_address,
               OF_X86(arch_prctl),
               __NR_seccomp,
               __NR_sched_yield,
               __NR_sched_getaffinity,
               __NR_sched_setscheduler,
               __NR_sched_getscheduler,
               __NR_sched_getparam,
               __NR_setpriority,
               __NR_getpriority,
               __NR_getpid,
               __NR_gettid,
               __NR_getppid,
               __NR_getuid,
               __NR_geteuid,
               __NR_getgid,
               __NR_getegid,
               __NR_getrlimit,
               __NR_setrlimit,
               __NR_getrusage,
               __NR_uname,
               __NR_sysinfo},
              Verdict::allow());
#ifdef __NR_rseq
  filter.give({__NR_rseq}, Verdict::allow());
#endif
#ifdef __NR_close_range
  filter.give({__NR_close_range}, Verdict::allow());
#endif
  filter.give({__NR_nanosleep, __NR_clock_nanosleep, __NR_clock_getres, __NR_gettimeofday,
               OF_X86(time), __NR_times},
              Verdict::allow());
}

// Any signal to this process: raise() and abort() use tgkill. To others only SIGKILL, which ends an
// image worker that takes too long; a filter cannot know the workers' ids. Not to -1, which means
// all processes of the user; 0, the group, includes this process. With a newer Landlock no signal
// reaches any unrelated process (landlock.h).
void allow_signals(SyscallFilter& filter) {
  const auto self = static_cast<uint32_t>(getpid());
  constexpr SyscallFilter::BitTest kNotNegative{
      .argument = 0, .bits = uint32_t{1} << 31, .wanted = 0};
  filter.give_if_value(__NR_tgkill, 0, {self}, Verdict::allow(), Verdict::refuse(EPERM));
  filter.give_if_any(
      __NR_kill,
      {{SyscallFilter::equals(0, self)}, {kNotNegative, SyscallFilter::equals(1, SIGKILL)}},
      Verdict::allow(), Verdict::refuse(EPERM));
}

// What a process may set for itself: the image worker gives up more. It can regain nothing: no core
// dumps, no access to its memory for other processes of this user.
void allow_settings(SyscallFilter& filter) {
  constexpr auto equals = &SyscallFilter::equals;
  filter.give_if_any(__NR_prctl,
                     {{equals(0, PR_SET_DUMPABLE), equals(1, 0)},
                      {equals(0, PR_SET_NO_NEW_PRIVS)},
                      {equals(0, PR_GET_DUMPABLE)}},
                     Verdict::allow(), Verdict::refuse(EINVAL));
  filter.give_if_value(__NR_prlimit64, 0, {0}, Verdict::allow(), Verdict::refuse(EPERM));
}

// No linked library needs any of these.
void kill_intruders(SyscallFilter& filter) {
  filter.give({__NR_ptrace,
               __NR_process_vm_readv,
               __NR_process_vm_writev,
               __NR_kexec_load,
               __NR_init_module,
               __NR_finit_module,
               __NR_delete_module,
               __NR_mount,
               __NR_umount2,
               __NR_pivot_root,
               __NR_chroot,
               __NR_unshare,
               __NR_setns,
               __NR_bpf,
               __NR_perf_event_open,
               __NR_userfaultfd,
               __NR_keyctl,
               __NR_add_key,
               __NR_request_key,
               __NR_open_by_handle_at,
               __NR_reboot,
               __NR_swapon,
               __NR_swapoff,
               __NR_acct,
               __NR_settimeofday,
               __NR_clock_settime,
               __NR_adjtimex,
               __NR_clock_adjtime,
               __NR_sethostname,
               __NR_setdomainname,
               __NR_setuid,
               __NR_setgid,
               __NR_setreuid,
               __NR_setregid,
               __NR_setresuid,
               __NR_setresgid,
               __NR_setgroups,
               __NR_execveat},
              Verdict::kill());
#if defined(__x86_64__)
  filter.give({__NR_iopl, __NR_ioperm, __NR_modify_ldt}, Verdict::kill());
#endif
}

}  // namespace

int filter_server_calls() {
  SyscallFilter filter;
  allow_requests(filter);
  allow_memory(filter);
  allow_files(filter);
  allow_sockets(filter);
  allow_network(filter);
  allow_threads(filter);
  allow_signals(filter);
  allow_settings(filter);
  kill_intruders(filter);
  return filter.install(Verdict::refuse(ENOSYS));
}

}  // namespace authd::server
