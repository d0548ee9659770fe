#include "http/wire/multipart.h"

#include <catch2/catch.hpp>

#include "support/fake_request.h"

using namespace authd;
using namespace authd::http;
using test::FakeRequest;

namespace {

const std::string kType = "multipart/form-data; boundary=B";

std::string part(const std::string& disposition, const std::string& content) {
  return "--B\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

std::string outcome(const std::string& body, const std::string& type = kType) {
  const auto file = multipart_file(FakeRequest::with_body(type, body));
  if (file) return std::string(*file);
  return file.error().code == ErrorCode::malformed ? "malformed" : "invalid";
}

}  // namespace

TEST_CASE("the one part with a filename is the file") {
  const std::string field = part("name=\"a\"", "x");
  const std::string file = part("name=\"b\"; filename=\"c.png\"", "BYTES\r\n--\r\n");
  CHECK(outcome(file + "--B--\r\n") == "BYTES\r\n--\r\n");
  CHECK(outcome(field + file + field + "--B--") == "BYTES\r\n--\r\n");
  CHECK(outcome(part("filename=; name=b", "x") + "--B--") == "x");
  CHECK(outcome(part("name=\"filename=\\\"\"", "x") + "--B--") == "invalid");
  CHECK(outcome(field + "--B--") == "invalid");
  CHECK(outcome(file + file + "--B--") == "invalid");
  CHECK(outcome("--B--") == "invalid");
  CHECK(outcome(file + "--B--", "Multipart/Form-Data;charset=utf-8; Boundary=\"B\"") ==
        "BYTES\r\n--\r\n");
}

TEST_CASE("a form that is not whole is refused") {
  const std::string whole = part("name=\"b\"; filename=\"c\"", "BYTES") + "--B--";
  REQUIRE(outcome(whole) == "BYTES");
  for (size_t size = 0; size < whole.size(); ++size)
    CHECK(outcome(whole.substr(0, size)) == "malformed");
  CHECK(outcome("x" + whole) == "malformed");
  CHECK(outcome("\r\n" + whole) == "malformed");
  CHECK(outcome("--B\r\n\r\n\r\n--B--") == "invalid");
  CHECK(outcome("--Bx\r\n\r\n\r\n--B--") == "malformed");
  CHECK(outcome("--B\r\n" + std::string(5000, 'x') + ": y\r\n\r\nz\r\n--B--") == "malformed");
  for (const char* type : {"multipart/form-data",
                           "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
                           "multipart/form-data; x=boundary=B", "multipart/form-data; boundary"}) {
    CHECK(outcome(whole, type) == "malformed");
  }
  CHECK(outcome(whole, "multipart/form-data; boundary=" + std::string(71, 'B')) == "malformed");
}

TEST_CASE("only multipart/form-data is that") {
  CHECK(is_multipart(FakeRequest::with_body("multipart/form-data; boundary=B", "")));
  CHECK(is_multipart(FakeRequest::with_body("Multipart/Form-Data", "")));
  CHECK_FALSE(is_multipart(FakeRequest::with_body("multipart/form-datax", "")));
  CHECK_FALSE(is_multipart(FakeRequest::with_body("multipart/mixed", "")));
  CHECK_FALSE(is_multipart(FakeRequest::with_body("", "")));
}
