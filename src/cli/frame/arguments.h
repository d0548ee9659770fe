// The words of a command line, read beside CLI11: what is wrong with them in words of our own,
// where `authd help` leads, and what completion can offer.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace authd::cli {

// Every subcommand of the command; without those that are not for people.
std::vector<const CLI::App*> commands_of(const CLI::App& app);
// "authd user add"
std::string path_of(const CLI::App& app);
// The arguments of the command that are not flags, in order.
std::vector<const CLI::Option*> positionals_of(const CLI::App& app);
// "--listen" of "--server.listen,--listen"; "-o" if there is no long form.
std::vector<std::string> names_of(const CLI::Option& option);

// What the flag takes: "FILE", "NUMBER".
std::string type_of(const CLI::Option& option);

// The words that a flag or argument takes, if it takes only these ("auto", "csv", …).
std::vector<std::string> choices_of(const CLI::Option& option);

// Where the words lead.
struct Place {
  const CLI::App* app = nullptr;        // the command that they name
  const CLI::Option* awaits = nullptr;  // the flag whose value comes next
  size_t positionals = 0;               // arguments of the command so far
  bool flags_are_over = false;          // after "--"
  std::string problem;                  // what is wrong with the first word that is; empty: none
};
Place follow(const CLI::App& root, std::span<const std::string> words);

// What is wrong with the words, which CLI11 refused with `cause`; it ends with what to read.
std::string explain_refusal(const CLI::App& root, std::span<const std::string> words,
                            const std::string& cause);

}  // namespace authd::cli
