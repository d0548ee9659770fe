#include "web/asset.h"

#include <catch2/catch.hpp>

#include "support/fake_request.h"
#include "web/gzip.h"

using namespace authd;
using test::FakeRequest;
using test::Texts;

namespace {

std::string header(const http::Reply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("every embedded file can be read, and has its own path") {
  size_t count = 0;
  for (const web::AssetSet& set : web::asset_sets()) {
    for (const web::Asset& asset : set.assets) {
      INFO(asset.path);
      ++count;
      CHECK(web::find_asset(asset.path) == &asset);
      CHECK(web::contents(asset).size() == asset.size);
      CHECK(asset.path.starts_with('/'));
      CHECK(asset.hash.size() == 16);
    }
  }
  CHECK(count > 0);
  CHECK(web::find_asset("/ui/none") == nullptr);
  CHECK(web::find_asset("") == nullptr);
}

TEST_CASE("gzip there and back") {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(1 << 20, 'x'), std::string("\0\xff", 2)}) {
    CHECK(web::gunzip(web::gzip(text), text.size()) == text);
  }
}

TEST_CASE("Accept-Encoding is read as RFC 9110 says") {
  for (const char* yes : {"gzip", "deflate, gzip;q=1.0", "br;q=0.9 , gzip", "*", "gzip;q=0.001",
                          "identity;q=0, *;q=0.5", "x-gzip"}) {
    INFO(yes);
    CHECK(web::accepts_gzip(yes));
  }
  for (const char* no : {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "gzip; q=0", "*;q=0",
                         "*, gzip;q=0", "gzipped", ",,;", "*;q=0, br"}) {
    INFO(no);
    CHECK_FALSE(web::accepts_gzip(no));
  }
}

TEST_CASE("a document is served packed, plain, or not at all") {
  const web::Document page = web::make_document("text/html", "default-src 'none'", "<p>Hello</p>");

  const http::Reply packed = web::serve(page, FakeRequest(Texts{{"accept-encoding", "gzip"}}));
  CHECK(packed.status == 200);
  CHECK(header(packed, "Content-Encoding") == "gzip");
  CHECK(header(packed, "Content-Security-Policy") == "default-src 'none'");
  CHECK(header(packed, "Cache-Control") == "no-cache");
  CHECK(web::gunzip(packed.fixed, page.plain.size()) == "<p>Hello</p>");

  const http::Reply plain = web::serve(page, FakeRequest(Texts{}));
  CHECK(plain.fixed == "<p>Hello</p>");
  CHECK(header(plain, "Content-Encoding").empty());
  CHECK(header(plain, "Vary") == "Accept-Encoding");

  const std::string tag = header(plain, "ETag");
  CHECK(tag == header(packed, "ETag"));
  for (const std::string& known : {tag, tag.substr(2), "\"other\", " + tag,
                                   "\"a\" ,\"b\"," + tag.substr(2), std::string("*")}) {
    INFO(known);
    const http::Reply same = web::serve(page, FakeRequest(Texts{{"if-none-match", known}}));
    CHECK(same.status == 304);
    CHECK(same.size() == 0);
    CHECK(header(same, "ETag") == tag);
    CHECK(header(same, "Content-Security-Policy") == "default-src 'none'");
  }
  for (const std::string& other : {std::string("\"x\""), std::string(","), tag.substr(3)}) {
    INFO(other);
    CHECK(web::serve(page, FakeRequest(Texts{{"if-none-match", other}})).status == 200);
  }
}

TEST_CASE("an embedded file is sent from where it lies, and unpacked once") {
  const web::Asset* asset = web::find_asset("/redoc/redoc.standalone.js");
  REQUIRE(asset != nullptr);
  const web::File file(*asset, web::kRedocPolicy, true);

  const http::Reply packed = file.serve(FakeRequest(Texts{{"accept-encoding", "gzip"}}));
  CHECK(packed.fixed.data() == asset->gzip.data());
  CHECK(packed.body.empty());

  // HEAD needs only the length, which is known: nothing is unpacked for it.
  FakeRequest head{Texts{}};
  head.method = http::Method::head;
  const http::Reply length = file.serve(head);
  CHECK(length.size() == asset->size);
  CHECK(length.fixed.empty());
  CHECK(length.body.empty());

  const http::Reply first = file.serve(FakeRequest(Texts{}));
  const http::Reply second = file.serve(FakeRequest(Texts{}));
  CHECK(first.fixed == web::contents(*asset));
  CHECK(first.fixed.data() == second.fixed.data());
  CHECK(first.size() == asset->size);
}

TEST_CASE("a text for one request is sent unchanged, with the tag of its contents") {
  const http::Reply reply = web::serve_once("text/html", "default-src 'none'", "<p>Hello</p>",
                                            FakeRequest(Texts{{"accept-encoding", "gzip"}}));
  CHECK(reply.body == "<p>Hello</p>");
  CHECK(header(reply, "Content-Encoding").empty());
  CHECK(header(reply, "Content-Security-Policy") == "default-src 'none'");
  const std::string tag = header(reply, "ETag");
  CHECK(tag == header(web::serve(web::make_document("", "", "<p>Hello</p>"), FakeRequest(Texts{})),
                      "ETag"));
  const http::Reply same = web::serve_once("text/html", "default-src 'none'", "<p>Hello</p>",
                                           FakeRequest(Texts{{"if-none-match", tag}}));
  CHECK(same.status == 304);
  CHECK(same.body.empty());
}

TEST_CASE("another text has another hash") {
  CHECK(web::make_document("", "", "a").hash != web::make_document("", "", "b").hash);
  CHECK(web::make_document("", "", "").hash.size() == 16);
}
