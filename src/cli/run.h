// The command line.
#pragma once

namespace authd::cli {

// Runs the command of argv and returns its exit code (cli/frame/exit_code.h).
int run(int argc, char** argv);

}  // namespace authd::cli
