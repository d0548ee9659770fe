#include "base/nearest.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace authd;

TEST_CASE("a typing error is one step: a letter too many, too few, wrong, or swapped") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("list", "list") == 0);
  CHECK(edit_distance("", "list") == 4);
  CHECK(edit_distance("list", "") == 4);
  CHECK(edit_distance("lst", "list") == 1);
  CHECK(edit_distance("liist", "list") == 1);
  CHECK(edit_distance("lost", "list") == 1);
  CHECK(edit_distance("lsit", "list") == 1);
  CHECK(edit_distance("data-dri", "data-dir") == 1);
  CHECK(edit_distance("show", "list") == 4);
}

TEST_CASE("the nearest word is the one that was meant, or none") {
  const std::vector<std::string> words = {"add", "list", "show", "delete", "disable"};
  CHECK(nearest_of("lst", words) == "list");
  CHECK(nearest_of("shwo", words) == "show");
  CHECK(nearest_of("del", words) == "delete");  // its beginning
  CHECK(nearest_of("disabel", words) == "disable");
  CHECK(nearest_of("dlete", words) == "delete");
  for (const char* none : {"", "x", "remove", "lo"})
    CHECK(nearest_of(none, words).empty());
  CHECK(nearest_of(std::string(1000, 'a'), words).empty());
  CHECK(did_you_mean("") == "");
  CHECK(did_you_mean("list") == "; did you mean list?");
}
