// What a command accepts: arguments, options, flags and subcommands. CLI11 reads them, and only
// options.cpp and the sources about the whole tree of commands (arguments, command, complete, help,
// run) include it: a source that does compiles ten times as long.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace authd::cli {

// Which values an option accepts.
struct Check {
  std::function<std::string(const std::string&)> problem_of;  // empty text: none
  std::vector<std::string> words;                             // all of them, if they are few
};
Check whole_number(uint64_t low, uint64_t high = UINT64_MAX);  // in digits
Check one_of(const std::vector<std::string>& words);

// An option or argument. A copy is the same one.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  const Option& required() const;
  const Option& type_name(const std::string& name) const;  // "FILE", for help and completion
  const Option& check(const Check& check) const;
  const Option& excludes(const Option& other) const;
  const Option& capture_default_str() const;  // Help names the value that it has now.
  const Option& one_value_each() const;       // Repeat the option for further values.

 private:
  CLI::Option* option_;
};

// A command or group of commands. A copy is the same one.
class Subcommand {
 public:
  explicit Subcommand(CLI::App& app) : app_(&app) {}

  Subcommand add_subcommand(const std::string& name, const std::string& help) const;
  void require_subcommand() const;
  void alias(const std::string& name) const;  // another name, which no list shows
  // Runs when the command line names this command.
  void callback(std::function<void()> action) const;
  // The same, if it names none of its subcommands.
  void callback_without_subcommand(std::function<void()> action) const;

  // "NAME" is an argument, "-o,--output" an option. T is std::string, std::optional of it,
  // std::vector of it, uint64_t or std::optional of that.
  template <typename T>
  Option add_option(const std::string& names, T& value, const std::string& help) const;
  Option add_option_function(const std::string& names, std::function<void(const std::string&)> take,
                             const std::string& help) const;
  Option add_flag(const std::string& names, bool& value, const std::string& help) const;
  Option add_flag_callback(const std::string& names, std::function<void()> take,
                           const std::string& help) const;

  CLI::App& app() const { return *app_; }

 private:
  CLI::App* app_;
};

}  // namespace authd::cli
