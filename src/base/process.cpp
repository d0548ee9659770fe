#include "base/process.h"

#include <algorithm>
#include <cctype>

#include "base/file.h"

namespace authd {
namespace {

constexpr size_t kMaxText = 64 * 1024;

// The value of a line "Name:\tvalue" of /proc/<id>/status; empty if there is none.
std::string_view value_of(std::string_view status, std::string_view name) {
  const size_t at = status.find("\n" + std::string(name) + ":");
  if (at == std::string_view::npos) return {};
  std::string_view rest = status.substr(at + name.size() + 2);
  rest = rest.substr(0, rest.find('\n'));
  return rest.substr(std::min(rest.find_first_not_of("\t "), rest.size()));
}

// A word that is safe to print: the user who runs a program chooses its arguments.
bool is_plain(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  });
}

// The command line up to the name of the command: "authd import".
std::string command_of(const std::string& id) {
  const Result<std::string> line = read_file("/proc/" + id + "/cmdline", kMaxText);
  if (!line || line->empty()) return {};
  std::string program = line->substr(0, line->find('\0'));
  std::string_view rest =
      std::string_view(*line).substr(std::min(program.size() + 1, line->size()));
  const std::string_view first = rest.substr(0, rest.find('\0'));
  program.erase(0, program.rfind('/') + 1);
  if (!is_plain(program)) return {};
  return is_plain(first) && first[0] != '-' ? program + " " + std::string(first) : program;
}

}  // namespace

std::string describe_process(int id) {
  const std::string number = std::to_string(id);
  const Result<std::string> status = read_file("/proc/" + number + "/status", kMaxText);
  if (!status) return "process " + number;
  const std::string process(value_of(*status, "Tgid"));
  std::string words = command_of(process);
  // proc(5): T is stopped by a signal, t by a debugger.
  const std::string_view state = value_of(*status, "State");
  if (state.starts_with('T') || state.starts_with('t')) {
    words += std::string(words.empty() ? "" : ", ") + "stopped";
  }
  return "process " + (process.empty() ? number : process) +
         (words.empty() ? "" : " (" + words + ")");
}

}  // namespace authd
