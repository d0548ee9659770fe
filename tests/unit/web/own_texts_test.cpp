#include "web/own_texts.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/fake_request.h"
#include "support/temp_dir.h"
#include "web/site.h"

using namespace authd;
using test::TempDir;

namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// The error for a directory with this one file; empty: there is none.
std::string error_of(const std::string& text, const std::string& name = "de.json") {
  const TempDir directory;
  write(directory.path() + "/" + name, text);
  const auto read = web::read_own_texts(directory.path());
  return read ? "" : read.error().message;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("own words replace those of pages and of mails, in their language alone") {
  const TempDir directory;
  write(directory.path() + "/de.json",
        R"({"signin.title": "Hereinspaziert", "greeting": "Moin,", "key.days.one": "ein Tag"})");
  write(directory.path() + "/README.txt", "not read");
  write(directory.path() + "/.hidden.json", "not read");
  const auto texts = web::read_own_texts(directory.path());
  REQUIRE(texts);
  CHECK(texts->pages.of("de").text("signin.title") == "Hereinspaziert");
  CHECK(texts->pages.of("de").counted("key.days", 1) == "ein Tag");
  CHECK(texts->mails.of("de").text("greeting") == "Moin,");
  CHECK(texts->pages.of("en") == web::page_texts().of("en"));
  CHECK(texts->pages.of("de").text("signin.submit") ==
        web::page_texts().of("de").text("signin.submit"));
  CHECK(*web::read_own_texts("") == web::AllTexts{});
}

TEST_CASE("what cannot be used is refused with file and key") {
  CHECK(has(error_of(R"({"signin.titel": "x"})"), "/de.json: there is no text \"signin.titel\""));
  CHECK(has(error_of(R"({"signin.titel": "x"})"), "did you mean signin.title?"));
  CHECK(has(error_of(R"({"consent.title": "Anmelden"})"), "\"consent.title\" lacks {name}"));
  CHECK(has(error_of(R"({"signin.title": "{name}"})"), "has {name}, for which there is no value"));
  CHECK(has(error_of(R"({"key.days.other": "Tage"})"), "\"key.days.other\" lacks {count}"));
  CHECK(has(error_of(R"({"signin.title": ""})"), "is empty"));
  CHECK(has(error_of(R"({"signin.title": "a\nb"})"), "control character"));
  CHECK(has(error_of(R"({"signin.title": 7})"), "is not a text"));
  CHECK(has(error_of(R"({"signin.title": ")" + std::string(2001, 'x') + "\"}"), "2000 bytes"));
  CHECK(has(error_of("{\"signin.title\": \"\xff\"}"), "/de.json: "));
  CHECK(has(error_of(R"({"save": "a", "save": "b"})"), "/de.json: "));
  CHECK(has(error_of("[]"), "/de.json: "));
  CHECK(has(error_of("{", "de.json"), "/de.json: "));
  CHECK(has(error_of(std::string(web::kMaxTextsFile + 1, ' ')), "/de.json"));
  CHECK(has(error_of("{}", "xx.json"), "there is no language \"xx\""));
  CHECK(has(error_of("{}", "DE.json"), "there is no language \"DE\""));
  CHECK(has(web::read_own_texts("/nonexistent/texts").error().message, "/nonexistent/texts"));
  CHECK(error_of("{}").empty());
}

TEST_CASE("a site serves own words, escaped, and takes others while it runs") {
  const auto made = web::Site::make({"Name", "#1a4fa3", "", {}}, {});
  REQUIRE(made);
  web::Site& site = const_cast<web::Site&>(*made);
  const auto file_of = [&](const char* path) -> const web::File& {
    return **std::find_if(site.files().begin(), site.files().end(),
                          [&](const auto& file) { return file->path() == path; });
  };
  const auto served = [&](const char* path) {
    const http::Reply reply = site.file(file_of(path), test::FakeRequest(test::Texts{}));
    return reply.fixed.empty() ? reply.body : std::string(reply.fixed);
  };
  web::Catalogues texts = web::page_texts();
  texts.replace("en", {{"skip", "<b>Skip</b>"}, {"noscript", "</noscript><script>"}});
  const std::string before = served("/ui/en.json");
  REQUIRE(site.use(texts));
  CHECK(has(served("/ui/en.json"), "<b>Skip</b>"));
  CHECK(served("/ui/de.json") == std::string(web::contents(*web::find_asset("/ui/de.json"))));
  const http::Reply page = site.page(test::FakeRequest(test::Texts{}), {});
  CHECK(has(std::string(page.fixed), "&lt;b&gt;Skip&lt;/b&gt;"));
  CHECK_FALSE(has(std::string(page.fixed), "</noscript><script>"));
  REQUIRE(site.use(web::page_texts()));
  CHECK(served("/ui/en.json") == before);
  // The same again is no other version; others come to an end.
  for (int i = 0; i < 100; ++i)
    CHECK(site.use(web::page_texts()));
  bool is_used = true;
  for (int i = 0; i < 100 && is_used; ++i) {
    texts.replace("en", {{"skip", std::to_string(i)}});
    is_used = site.use(texts);
  }
  CHECK_FALSE(is_used);
}
