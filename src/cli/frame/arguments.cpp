#include "cli/frame/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/nearest.h"
#include "base/text.h"
#include "cli/frame/command.h"
#include "config/reading/keys.h"

namespace authd::cli {
namespace {

// CLI11 writes the choices behind the type: "TEXT:{auto,csv}".
size_t end_of_type(const std::string& type) {
  return std::min(type.find(":{"), type.size());
}

const CLI::App* find_command(const CLI::App& app, std::string_view name) {
  for (const CLI::App* one : commands_of(app)) {
    if (one->check_name(std::string(name))) return one;
  }
  return nullptr;
}

const CLI::Option* find_flag(const CLI::App& app, const std::string& name) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->nonpositional() && option->check_name(name)) return option;
  }
  return nullptr;
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> all;
  for (const CLI::Option* option : app.get_options()) {
    for (std::string& name : names_of(*option)) {
      if (name.starts_with("--")) all.push_back(std::move(name));
    }
  }
  return all;
}

std::string unknown_command(const CLI::App& app, const std::string& word) {
  const std::vector<const CLI::App*> commands = commands_of(app);
  const std::string near =
      nearest_of(word, commands, [](const CLI::App* one) { return one->get_name(); });
  const std::string path = path_of(app);
  return "there is no command \"" + path + " " + printable(word) + "\"" +
         did_you_mean(near.empty() ? "" : path + " " + near);
}

// A flag of another command is most often a key of the configuration.
std::string unknown_flag(const CLI::App& app, const std::string& name) {
  const std::string message = path_of(app) + " has no flag " + printable(name);
  for (const config::Key& key : config::all_keys()) {
    if (config::flag_name(key.name) != name && short_flag_of(key.name) != name) continue;
    return message + "; set " + key.name + " in the configuration, or " +
           config::environment_name(key.name);
  }
  const std::vector<std::string> flags = flags_of(app);
  if (name.size() != 2) return message + did_you_mean(nearest_of(name, flags));
  const auto same_letter = std::find_if(flags.begin(), flags.end(), [&](const std::string& flag) {
    return flag.substr(2, 1) == name.substr(1);
  });
  return message + did_you_mean(same_letter == flags.end() ? "" : *same_letter);
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

size_t capacity_of(const CLI::App& app) {
  size_t all = 0;
  for (const CLI::Option* option : positionals_of(app))
    all += static_cast<size_t>(std::max(option->get_items_expected_max(), 1));
  return all;
}

void follow_flag(Place& place, const std::string& word) {
  const bool is_long = word.starts_with("--");
  const size_t equals = is_long ? word.find('=') : std::string::npos;
  const std::string name = is_long ? word.substr(0, equals) : word.substr(0, 2);
  const CLI::Option* option = find_flag(*place.app, name);
  if (option == nullptr) {
    place.problem = unknown_flag(*place.app, name);
    return;
  }
  const bool has_value = is_long ? equals != std::string::npos : word.size() > 2;
  if (takes_value(*option) && !has_value) place.awaits = option;
}

void follow_word(Place& place, const std::string& word) {
  if (!commands_of(*place.app).empty()) {
    const CLI::App* next = find_command(*place.app, word);
    if (next == nullptr) {
      place.problem = unknown_command(*place.app, word);
    } else {
      place.app = next;
    }
    return;
  }
  if (++place.positionals <= capacity_of(*place.app)) return;
  place.problem = path_of(*place.app) + " does not take the argument \"" + printable(word) + "\"";
}

}  // namespace

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
}

std::string path_of(const CLI::App& app) {
  const std::string& name = app.get_name();
  return app.get_parent() == nullptr ? name : path_of(*app.get_parent()) + " " + name;
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames())
    names.push_back("--" + name);
  for (const std::string& name : option.get_snames())
    names.push_back("-" + name);
  return names;
}

std::string type_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type == "UINT" ? "NUMBER" : type.substr(0, end_of_type(type));
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  std::vector<std::string> words;
  const std::string type = option.get_type_name();
  const size_t begin = end_of_type(type);
  if (begin == type.size() || !type.ends_with('}')) return words;
  std::string_view rest = std::string_view(type).substr(begin + 2);
  rest.remove_suffix(1);
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    words.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return words;
}

Place follow(const CLI::App& root, std::span<const std::string> words) {
  Place place;
  place.app = &root;
  for (const std::string& word : words) {
    const bool is_flag = !place.flags_are_over && word.size() > 1 && word.starts_with('-');
    if (place.awaits != nullptr && !(is_flag && find_flag(*place.app, word) != nullptr)) {
      place.awaits = nullptr;
    } else if (place.awaits != nullptr) {
      break;  // A flag where a value should be.
    } else if (!is_flag) {
      follow_word(place, word);
    } else if (word == "--") {
      place.flags_are_over = true;
    } else {
      follow_flag(place, word);
    }
    if (!place.problem.empty()) break;
  }
  return place;
}

std::string explain_refusal(const CLI::App& root, std::span<const std::string> words,
                            const std::string& cause) {
  const Place place = follow(root, words);
  const std::string path = path_of(*place.app);
  const std::string advice = "; see " + path + " --help";
  if (place.problem.ends_with('?')) return place.problem + " (see " + path + " --help)";
  if (!place.problem.empty()) return place.problem + advice;
  if (place.awaits != nullptr) {
    return names_of(*place.awaits).front() + " needs a value (" + type_of(*place.awaits) + ")" +
           advice;
  }
  const std::vector<const CLI::App*> commands = commands_of(*place.app);
  if (commands.empty()) return cause + advice;
  return path + " needs a command: " +
         joined(commands, ", ", [](const CLI::App* one) { return one->get_name(); }) + advice;
}

}  // namespace authd::cli
