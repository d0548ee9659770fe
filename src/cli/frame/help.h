// How commands describe themselves: help that fits the terminal, with defaults and examples.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class FormatterBase;
}  // namespace CLI

namespace authd::cli {

// For the root command, before its subcommands are added: they inherit it.
std::shared_ptr<CLI::FormatterBase> make_formatter(size_t columns);

// Examples of each command, and where to read on. Call it when all commands have been added.
void add_footers(CLI::App& root);

// The examples of the command "user add", each a whole command line; empty if it has none.
std::vector<std::string> examples_of(const std::string& path);  // examples.cpp

}  // namespace authd::cli
