#include "cli/frame/help.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/text.h"
#include "cli/frame/arguments.h"
#include "cli/frame/layout.h"

namespace authd::cli {
namespace {

constexpr size_t kIndent = 30;
constexpr size_t kNarrowest = 60;
constexpr size_t kUsual = 80;  // where there is no terminal
constexpr size_t kWidest = 100;

class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(size_t columns) : columns_(columns) {
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    const bool is_flag = option->get_items_expected_max() == 0;
    std::string name = is_positional ? option->get_name(true, false) : flag_names(*option);
    if (!is_positional && !is_flag) name += " " + type_of(*option);
    if (option->get_expected_max() > 1) name += "...";
    std::string text = option->get_description();
    // The help of a key of the configuration lists them already.
    const auto words = choices_of(*option);
    if (!words.empty() && text.find(words.back()) == std::string::npos) {
      if (text.ends_with('.')) text.pop_back();
      text += ": " + joined(words, ", ");
    }
    if (const std::string value = option->get_default_str(); !is_flag && !value.empty()) {
      text += " [default: " + value + "]";
    }
    return entry(name, text);
  }

  std::string make_subcommand(const CLI::App* command) const override {
    return entry(command->get_name(), command->get_description());
  }

  std::string make_description(const CLI::App* app) const override {
    return joined(wrapped(app->get_description(), columns_), "\n") + "\n";
  }

  // What is indented stays as it is.
  std::string make_footer(const CLI::App* app) const override {
    const std::string footer = app->get_footer();
    std::string out;
    for (std::string_view rest = footer; !rest.empty();) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      out += (line.starts_with(' ') ? std::string(line) : joined(wrapped(line, columns_), "\n")) +
             "\n";
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
  }

 private:
  // A name, and its description in lines beside or below it.
  std::string entry(const std::string& name, const std::string& text) const {
    std::string out = "  " + name;
    bool is_beside = out.size() + 2 <= kIndent;
    for (const std::string& line : wrapped(text, columns_ - kIndent)) {
      if (is_beside) {
        out.resize(kIndent, ' ');
        is_beside = false;
      } else {
        out += "\n" + std::string(kIndent, ' ');
      }
      out += line;
    }
    return out + "\n";
  }

  static std::string flag_names(const CLI::Option& option) {
    std::vector<std::string> names = names_of(option);
    std::stable_partition(names.begin(), names.end(), [](const std::string& name) {
      return name.size() == 2;  // -h, --help
    });
    return joined(names, ", ");
  }

  const size_t columns_;
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> make_formatter(size_t columns) {
  return std::make_shared<HelpFormatter>(
      std::clamp(columns == 0 ? kUsual : columns, kNarrowest, kWidest));
}

void add_footers(CLI::App& root) {
  for (CLI::App* one : root.get_subcommands([](CLI::App*) { return true; })) {
    one->group("Commands");
    add_footers(*one);
  }
  std::string text = root.get_footer();
  const std::string path = path_of(root);
  const size_t space = path.find(' ');
  if (space == std::string::npos) {
    text = "authd help COMMAND describes a command, and so does man authd.";
  } else if (const auto examples = examples_of(path.substr(space + 1)); !examples.empty()) {
    text += std::string(text.empty() ? "" : "\n\n") + "Examples:";
    for (const std::string& example : examples)
      text += "\n  " + example;
  }
  root.footer(text);
}

}  // namespace authd::cli
