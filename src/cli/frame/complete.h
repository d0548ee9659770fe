// What shell completion offers. The scripts of `authd completion` ask for it with each Tab.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/frame/command.h"

namespace authd::cli {

// Not a command for people: `authd __complete WORD… BEGINNING`.
inline constexpr std::string_view kCompleteCommand = "__complete";

// The line that stands for the names of files, which the shell knows better.
inline constexpr std::string_view kFiles = "::files";

// Prints what can stand in place of the last of `words`, one a line: commands, flags, or values,
// also those in the data directory, which is opened only to read and is not upgraded.
void complete(CLI::App& root, Command& command, std::span<const std::string> words);

}  // namespace authd::cli
