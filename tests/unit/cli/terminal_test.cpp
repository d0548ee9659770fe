#include <catch2/catch.hpp>

#include "cli/command.h"

using namespace authd;

TEST_CASE("stored text cannot steer the terminal that shows it") {
  CHECK(cli::printable("Änn 😀") == "Änn 😀");
  CHECK(cli::printable("a\x1b[2J\n\x7f") == "a?[2J??");
  CHECK(cli::printable("a\xc2\x9b"
                       "2Jb") == "a?2Jb");  // C1: the one-byte CSI
  CHECK(cli::printable("\xe2\x80\xaegpj\xe2\x81\xa9") ==
        "?gpj?");  // direction override and isolate
  CHECK(cli::printable("\xff") == "(not UTF-8)");
  CHECK(cli::table({"NAME"}, {{"\xc2\x9b!"}}) == "NAME\n?!\n");
}
