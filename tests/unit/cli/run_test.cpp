#include "cli/run.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "cli/frame/exit_code.h"

using namespace authd;

namespace {

int run(std::vector<std::string> words) {
  words.insert(words.begin(), "authd");
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return cli::run(static_cast<int>(words.size()), arguments.data());
}

}  // namespace

TEST_CASE("every kind of failure has its exit code") {
  using enum ErrorCode;
  CHECK(cli::exit_code_of(usage) == cli::kUsage);
  CHECK(cli::exit_code_of(not_found) == cli::kNotFound);
  CHECK(cli::exit_code_of(conflict) == cli::kExists);
  CHECK(cli::exit_code_of(unavailable) == cli::kUnavailable);
  for (const ErrorCode code : {malformed, unauthenticated, forbidden, too_large}) {
    CHECK(cli::exit_code_of(code) == cli::kFailed);
  }
}

TEST_CASE("help is done, and what is not known is wrong usage") {
  CHECK(run({"--help"}) == cli::kDone);
  CHECK(run({"user", "--help"}) == cli::kDone);
  CHECK(run({"user", "add", "--help"}) == cli::kDone);
  CHECK(run({"version"}) == cli::kDone);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"nothing"},
                                             {"user"},
                                             {"user", "nothing"},
                                             {"version", "--nothing"},
                                             {"--nothing", "version"},
                                             {"user", "disable"},
                                             {"version", "more"}}) {
    INFO(words.size() << " words");
    CHECK(run(words) == cli::kUsage);
  }
}

TEST_CASE("with data of one host there is no cluster") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"cluster", "status"},
                                             {"cluster", "nodes", "--json"},
                                             {"cluster", "resync", "--yes"},
                                             {"cluster", "forget", "auth3"}}) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--config", "/dev/null"});
    CHECK(run(all) == cli::kFailed);
  }
  CHECK(run({"cluster", "forget"}) == cli::kUsage);
}

TEST_CASE("a move takes a target that no command line gives away") {
  for (const char* to : {"nothing", "lmdb:", "postgresql://ann:secret@db/authd",
                         "host=db password=secret", "postgresql"}) {
    CAPTURE(to);
    CHECK(run({"db", "move", "--config", "/dev/null", "--to", to}) == cli::kUsage);
  }
  CHECK(run({"db", "move"}) == cli::kUsage);
}
