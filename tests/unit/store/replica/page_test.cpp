#include "store/replica/page.h"

#include <catch2/catch.hpp>

namespace authd::store {
namespace {

const Place kPlace{0x0102030405060708, std::string(16, 'm')};

TEST_CASE("a page is read as it was written") {
  PageWriter writer;
  writer.add("u1", "row");
  writer.add("u2", std::nullopt);
  writer.add("u3", "");
  const Page page = parse_page(writer.finish(kPlace, true, "tag")).value();
  CHECK(page.place == kPlace);
  CHECK(page.is_last);
  CHECK(page.settings == "tag");
  REQUIRE(page.records.size() == 3);
  CHECK(page.records[0].key == "u1");
  CHECK(page.records[0].value == "row");
  CHECK_FALSE(page.records[1].value);
  CHECK(page.records[2].value == "");
  CHECK_FALSE(parse_page(PageWriter().finish(kPlace, false, ""))->is_last);
}

TEST_CASE("a page that was cut or altered is refused") {
  PageWriter writer;
  writer.add("u1", "row");
  const std::string whole = writer.finish(kPlace, true, "tag");
  const size_t empty = PageWriter().finish(kPlace, true, "tag").size();
  for (size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK(parse_page(whole.substr(0, size)).has_value() == (size == empty));
  }
  CHECK_FALSE(parse_page(whole + "x"));
  CHECK_FALSE(parse_page("x" + whole.substr(1)));
  PageWriter nameless;
  nameless.add("", "row");
  CHECK_FALSE(parse_page(nameless.finish(kPlace, true, "")));
  PageWriter reserved;  // The copy has its own row there.
  reserved.add(std::string(kMaxKeyBytes, '\xff'), "row");
  CHECK_FALSE(parse_page(reserved.finish(kPlace, true, "")));
}

TEST_CASE("a place is a text and back") {
  const std::string text = text_of(kPlace);
  CHECK(text == "72623859790382856-6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d");
  CHECK(parse_place(text, "after").value() == kPlace);
  for (const std::string& wrong : std::vector<std::string>{
           "", "1", "-", "1-", "-6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d", "1-6d6d", "x-" + text,
           "18446744073709551616-6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d", text + "00"}) {
    INFO(wrong);
    const Result<Place> place = parse_place(wrong, "after");
    REQUIRE_FALSE(place);
    CHECK(place.error().field == "after");
  }
}

}  // namespace
}  // namespace authd::store
