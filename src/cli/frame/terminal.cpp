// Questions on the terminal: passwords, and whether to do what cannot be undone.
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/text.h"
#include "cli/frame/command.h"

namespace authd::cli {
namespace {

constexpr size_t kMaxLine = 64 * 1024;

constexpr std::array kEnding = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP};

// For the one prompt that can exist at a time; a signal handler can use only globals.
termios g_before;
termios g_silent;

// The shell needs echo when the process ends or stops. A process that was only stopped continues
// here.
void obey(int number) {
  const int before = errno;
  struct sigaction again;
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  tcsetattr(STDIN_FILENO, TCSANOW, &g_before);
  sigaction(number, &by_default, &again);
  raise(number);
  sigaction(number, &again, nullptr);
  tcsetattr(STDIN_FILENO, TCSANOW, &g_silent);
  errno = before;
}

// Switches the terminal's echo off for a scope, or until a signal ends it.
class NoEcho {
 public:
  NoEcho() {
    is_terminal_ = tcgetattr(STDIN_FILENO, &g_before) == 0;
    if (!is_terminal_) return;
    g_silent = g_before;
    g_silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    struct sigaction ours {};
    ours.sa_handler = &obey;
    ours.sa_flags = SA_RESTART | SA_NODEFER;  // raise() acts at once
    for (size_t i = 0; i < kEnding.size(); ++i) {
      sigaction(kEnding[i], nullptr, &handlers_[i]);
      if (handlers_[i].sa_handler != SIG_IGN) sigaction(kEnding[i], &ours, nullptr);
    }
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &g_silent);
  }
  ~NoEcho() {
    if (!is_terminal_) return;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &g_before);
    for (size_t i = 0; i < kEnding.size(); ++i)
      sigaction(kEnding[i], &handlers_[i], nullptr);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  std::array<struct sigaction, kEnding.size()> handlers_{};
  bool is_terminal_ = false;
};

// One line without its end; read byte by byte, so that nothing after it is consumed.
Result<Password> read_line() {
  std::string line;
  char c = 0;
  bool has_any = false;
  while (line.size() < kMaxLine && read(STDIN_FILENO, &c, 1) == 1) {
    has_any = true;
    if (c == '\n') break;
    line += c;
  }
  if (!has_any) {
    return Error{
        ErrorCode::usage,
        "the password is read from the terminal or the first line of standard input, but there "
        "was none"};
  }
  if (line.ends_with('\r')) line.pop_back();
  return Password(std::move(line));
}

Result<Password> ask(const std::string& prompt) {
  std::fprintf(stderr, "%s: ", prompt.c_str());
  const NoEcho silent;
  Result<Password> typed = read_line();
  std::fputc('\n', stderr);
  return typed;
}

}  // namespace

Result<Password> read_password(const std::string& prompt, bool confirms) {
  if (isatty(STDIN_FILENO) != 1) return read_line();
  Password first = TRY(ask(prompt));
  if (confirms) {
    const Password second = TRY(ask(prompt + ", again"));
    if (first.reveal() != second.reveal()) {
      return Error{ErrorCode::usage, "the two passwords differ"};
    }
  }
  return first;
}

Result<void> confirm(bool is_sure, const std::string& what) {
  if (is_sure || isatty(STDIN_FILENO) != 1) return {};
  std::fprintf(stderr, "%s? [y/N] ", printable(what).c_str());
  const Result<Password> typed = read_line();
  const std::string answer = typed ? lower(trimmed(typed->reveal())) : "";
  if (answer == "y" || answer == "yes") return {};
  return Error{ErrorCode::usage, "nothing was done: the answer was not yes"};
}

std::string time_text(Time time, std::string_view absent) {
  return time == Time{} ? std::string(absent) : format_rfc3339(time);
}

void show_progress(uint64_t done, uint64_t all) {
  if (isatty(STDERR_FILENO) != 1) return;
  std::fprintf(stderr, "\r%s of %s%s", std::to_string(done).c_str(), std::to_string(all).c_str(),
               done >= all ? "\n" : "");
}

}  // namespace authd::cli
