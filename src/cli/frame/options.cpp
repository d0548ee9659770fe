#include "cli/frame/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"
#include "cli/frame/layout.h"

namespace authd::cli {

Check whole_number(uint64_t low, uint64_t high) {
  const auto problem_of = [low, high](const std::string& text) -> std::string {
    const auto number = parse_unsigned(text);
    if (number && *number >= low && *number <= high) return "";
    std::string problem = '"' + printable(text) + "\" is not a whole number";
    if (low > 0) problem += " of at least " + std::to_string(low);
    if (high < UINT64_MAX) problem += " and at most " + std::to_string(high);
    return problem;
  };
  return {problem_of, {}};
}

Check one_of(const std::vector<std::string>& words) {
  const auto problem_of = [words](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return "";
    return '"' + printable(text) + "\" is not one of " + joined(words, ", ") +
           did_you_mean(nearest_of(text, words));
  };
  return {problem_of, words};
}

const Option& Option::required() const {
  option_->required();
  return *this;
}

const Option& Option::type_name(const std::string& name) const {
  option_->type_name(name);
  return *this;
}

const Option& Option::check(const Check& check) const {
  // Help and completion read the words there (arguments.h).
  const std::string words = check.words.empty() ? "" : "{" + joined(check.words, ",") + "}";
  option_->check(CLI::Validator(check.problem_of, words));
  return *this;
}

const Option& Option::excludes(const Option& other) const {
  option_->excludes(other.option_);
  return *this;
}

const Option& Option::capture_default_str() const {
  option_->capture_default_str();
  return *this;
}

const Option& Option::one_value_each() const {
  option_->allow_extra_args(false);
  return *this;
}

Subcommand Subcommand::add_subcommand(const std::string& name, const std::string& help) const {
  return Subcommand(*app_->add_subcommand(name, help));
}

void Subcommand::require_subcommand() const {
  app_->require_subcommand(1);
}

void Subcommand::alias(const std::string& name) const {
  app_->alias(name);
}

void Subcommand::callback(std::function<void()> action) const {
  app_->callback(std::move(action));
}

void Subcommand::callback_without_subcommand(std::function<void()> action) const {
  app_->callback([app = app_, action = std::move(action)] {
    if (app->get_subcommands().empty()) action();
  });
}

template <typename T>
Option Subcommand::add_option(const std::string& names, T& value, const std::string& help) const {
  return Option(app_->add_option(names, value, help));
}

template Option Subcommand::add_option(const std::string&, std::string&, const std::string&) const;
template Option Subcommand::add_option(const std::string&, std::optional<std::string>&,
                                       const std::string&) const;
template Option Subcommand::add_option(const std::string&, std::vector<std::string>&,
                                       const std::string&) const;
template Option Subcommand::add_option(const std::string&, uint64_t&, const std::string&) const;
template Option Subcommand::add_option(const std::string&, std::optional<uint64_t>&,
                                       const std::string&) const;

Option Subcommand::add_option_function(const std::string& names,
                                       std::function<void(const std::string&)> take,
                                       const std::string& help) const {
  return Option(app_->add_option_function<std::string>(names, std::move(take), help));
}

Option Subcommand::add_flag(const std::string& names, bool& value, const std::string& help) const {
  return Option(app_->add_flag(names, value, help));
}

Option Subcommand::add_flag_callback(const std::string& names, std::function<void()> take,
                                     const std::string& help) const {
  return Option(app_->add_flag_callback(names, std::move(take), help));
}

}  // namespace authd::cli
