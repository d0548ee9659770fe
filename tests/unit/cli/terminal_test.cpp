#include <catch2/catch.hpp>

#include "cli/frame/command.h"

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

TEST_CASE("a width is what the terminal shows") {
  CHECK(cli::display_width("") == 0);
  CHECK(cli::display_width("Ann") == 3);
  CHECK(cli::display_width("Änn") == 3);
  CHECK(cli::display_width("A\xcc\x88nn") == 3);    // a combining diaeresis
  CHECK(cli::display_width("山田") == 4);           // wide
  CHECK(cli::display_width("a\xe2\x80\x8b") == 1);  // a space without a width
  CHECK(cli::display_width("😀") == 2);
}

TEST_CASE("one thing is not named as many are") {
  CHECK(cli::counted(0, "user") == "0 users");
  CHECK(cli::counted(1, "user") == "1 user");
  CHECK(cli::counted(2, "user") == "2 users");
  CHECK(cli::counted(1, "entry", "entries") == "1 entry");
  CHECK(cli::counted(7, "entry", "entries") == "7 entries");
}

TEST_CASE("text breaks between words alone") {
  CHECK(cli::wrapped("", 10).empty());
  CHECK(cli::wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(cli::wrapped("a,b,c", 4) == std::vector<std::string>{"a,b,", "c"});
  CHECK(cli::wrapped("extraordinary word", 5) == std::vector<std::string>{"extraordinary", "word"});
}

TEST_CASE("a table fits the terminal, and loses nothing") {
  const std::vector<std::string> head = {"ID", "NAME", "SAYS"};
  const std::vector<std::vector<std::string>> rows = {{"1", "ann", "one two three"},
                                                      {"2", "山田", ""}};
  const std::string wide =
      "ID  NAME  SAYS\n"
      "1   ann   one two three\n"
      "2   山田\n";
  CHECK(cli::table(head, rows, 0) == wide);
  CHECK(cli::table(head, rows, 23) == wide);
  CHECK(cli::table(head, rows, 22) ==
        "ID  NAME  SAYS\n"
        "1   ann   one two\n"
        "          three\n"
        "2   山田\n");
  // Narrower than the longest words: a block for each row.
  CHECK(cli::table(head, rows, 12) ==
        "ID:   1\n"
        "NAME: ann\n"
        "SAYS: one two three\n"
        "\n"
        "ID:   2\n"
        "NAME: 山田\n");
  for (size_t columns = 15; columns < 30; ++columns) {
    CAPTURE(columns);
    std::string text = cli::table(head, rows, columns);
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = text.find('\n', begin);
      CHECK(cli::display_width(text.substr(begin, end - begin)) <= columns);
      begin = end + 1;
    }
  }
}
