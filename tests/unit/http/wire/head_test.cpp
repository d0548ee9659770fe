#include "http/wire/head.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::http;
using namespace std::string_literals;

namespace {

constexpr size_t kMaxHeader = 16 * 1024;

HeadResult parse(std::string_view text, size_t max_header = kMaxHeader) {
  size_t searched = 0;
  return parse_head(text, searched, max_header);
}

// As in the front when every byte arrives alone: the first answer that is not "incomplete".
HeadResult parse_dribbled(std::string_view text, size_t max_header = kMaxHeader) {
  size_t searched = 0;
  HeadResult result;
  for (size_t size = 0; size <= text.size() && result.parsed == Parsed::incomplete; ++size)
    result = parse_head(text.substr(0, size), searched, max_header);
  return result;
}

// 200 for a complete head, 0 for an incomplete one, otherwise the status of the refusal. It must
// not depend on how the bytes arrived.
int status(const std::string& text, size_t max_header = kMaxHeader) {
  const auto code = [](const HeadResult& result) {
    return result.parsed == Parsed::refused ? result.status
                                            : (result.parsed == Parsed::complete ? 200 : 0);
  };
  CAPTURE(text.substr(0, 200));
  const HeadResult whole = parse(text, max_header);
  CHECK(code(parse_dribbled(text, max_header)) == code(whole));
  if (whole.parsed == Parsed::refused) CHECK(std::string(whole.reason) != "");
  return code(whole);
}

std::string with_line(const std::string& line) {
  return line + "\r\nHost: example.org\r\n\r\n";
}

std::string with_target(const std::string& target, const std::string& method = "GET") {
  return with_line(method + " " + target + " HTTP/1.1");
}

// `headers` end with CR LF each.
std::string with_headers(const std::string& headers, const std::string& version = "1.1") {
  return "POST / HTTP/" + version + "\r\nHost: example.org\r\n" + headers + "\r\n";
}

// A head that must be accepted; the views stay valid as long as it lives.
struct Read {
  explicit Read(std::string from) : text(std::move(from)) {
    CAPTURE(text.substr(0, 200));
    const HeadResult result = parse(text);
    REQUIRE(result.parsed == Parsed::complete);
    head = result.head;
  }
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;

  std::string text;
  Head head;
};

const std::string kGood =
    "POST /api/v1/auth/login?next=%2Fhome HTTP/1.1\r\n"
    "Host: auth.example.org:8443\r\n"
    "Content-Type:application/json\r\n"
    "X-Spaced: \t two words \t \r\n"
    "X-Empty:\r\n"
    "CONTENT-LENGTH: 42\r\n"
    "\r\n";

}  // namespace

TEST_CASE("a request is read into its parts") {
  const Read read(kGood + "the body, and what follows it\r\n\r\n");
  const Head& head = read.head;
  CHECK(head.method == Method::post);
  CHECK(head.target == "/api/v1/auth/login?next=%2Fhome");
  CHECK(head.path == "/api/v1/auth/login");
  CHECK(head.host == "auth.example.org:8443");
  CHECK(head.content_length == 42);
  CHECK_FALSE(head.is_chunked);
  CHECK_FALSE(head.expects_continue);
  CHECK(head.keeps_alive);
  CHECK(head.bytes == kGood.size());
  REQUIRE(head.headers.size() == 5);
  CHECK(*head.find("x-spaced") == "two words");
  CHECK(*head.find("X-EMPTY") == "");
  CHECK(*head.find("content-type") == "application/json");
  CHECK(head.find("x-space") == nullptr);
  CHECK(head.find("") == nullptr);
}

TEST_CASE("of a header that comes twice the first is found and both are kept") {
  const Read read(with_headers("X-A: 1\r\nx-a: 2\r\n"));
  CHECK(*read.head.find("X-a") == "1");
  CHECK(read.head.headers.size() == 3);
}

TEST_CASE("a head is incomplete at every length but its own, and then the same however it came") {
  size_t searched = 0;
  for (size_t size = 0; size < kGood.size(); ++size) {
    CAPTURE(size);
    const std::string prefix = kGood.substr(0, size);
    CHECK(parse(prefix).parsed == Parsed::incomplete);
    CHECK(parse_head(prefix, searched, kMaxHeader).parsed == Parsed::incomplete);
    CHECK(searched <= size);
  }
  const HeadResult dribbled = parse_head(kGood, searched, kMaxHeader);
  REQUIRE(dribbled.parsed == Parsed::complete);
  CHECK(dribbled.head.bytes == kGood.size());
  CHECK(dribbled.head.headers.size() == 5);
  CHECK(dribbled.head.content_length == 42);
}

TEST_CASE("a head may come in any two pieces, with more behind it") {
  const std::string both = kGood + kGood;
  for (size_t size = 0; size < kGood.size(); ++size) {
    CAPTURE(size);
    size_t searched = 0;
    REQUIRE(parse_head(both.substr(0, size), searched, kMaxHeader).parsed == Parsed::incomplete);
    const HeadResult result = parse_head(both, searched, kMaxHeader);
    REQUIRE(result.parsed == Parsed::complete);
    CHECK(result.head.bytes == kGood.size());
  }
}

TEST_CASE("the methods are known by their exact names") {
  for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                              Method::del, Method::options}) {
    const Read read(with_target("/", std::string(name(method))));
    CHECK(read.head.method == method);
  }
  for (const char* other : {"get", "Get", "BREW", "TRACE", "CONNECT", "PRI", "DEL", "GETT", "G"})
    CHECK(status(with_target("/", other)) == 501);
}

TEST_CASE("a request line with anything but method, target and version is malformed") {
  for (const char* line : {
           "",
           " ",
           "GET",
           "GET /",
           "GET  HTTP/1.1",
           "GET HTTP/1.1",
           " GET / HTTP/1.1",
           " / HTTP/1.1",
           "GET  / HTTP/1.1",
           "GET /  HTTP/1.1",
           "GET / HTTP/1.1 ",
           "GET / x HTTP/1.1",
           "GET\t/\tHTTP/1.1",
           "GET /\tHTTP/1.1",
           "G(T / HTTP/1.1",
           "G\"T / HTTP/1.1",
           "G\xc3\x89T / HTTP/1.1",
           "GET: / HTTP/1.1",
           "GET / HTTP/1.1\r",
           "GET /\r HTTP/1.1",
       }) {
    CHECK(status(with_line(line)) == 400);
  }
  CHECK(status("\r\n" + kGood) == 400);
  CHECK(status("\r\n\r\n") == 400);
  CHECK(status(with_line("GET /\0 HTTP/1.1"s)) == 400);
  CHECK(status(with_line("GE\0T / HTTP/1.1"s)) == 400);
  CHECK(status(with_line("GET / HTTP/1.1\0"s)) == 400);
}

TEST_CASE("only HTTP/1.1 and HTTP/1.0 are spoken") {
  CHECK(status(with_line("GET / HTTP/1.1")) == 200);
  CHECK(status(with_line("GET / HTTP/1.0")) == 200);
  for (const char* version : {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/9.9"})
    CHECK(status(with_line(std::string("GET / ") + version)) == 505);
  for (const char* version :
       {"http/1.1", "HTTP/1", "HTTP/1.", "HTTP/1.10", "HTTP/01.1", "HTTP1.1", "HTTP/", "HTTP-1.1"})
    CHECK(status(with_line(std::string("GET / ") + version)) == 400);
  CHECK(status(with_line("PRI * HTTP/2.0")) == 505);
}

TEST_CASE("a target with a character that has no place there is malformed") {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool is_sound = byte > 0x20 && byte < 0x7f && c != '#' && c != '%';
    CAPTURE(byte);
    CHECK(status(with_target(std::string("/a") + c + "b")) == (is_sound ? 200 : 400));
    CHECK(status(with_target(std::string("/a?q=") + c)) == (is_sound ? 200 : 400));
  }
}

TEST_CASE("an escape is two hex digits, and not a NUL") {
  for (const char* good : {"/%c3%A9", "/a?b=%20", "/a?b=%41", "/%25", "/%10", "/%01", "/%0d%0a"})
    CHECK(status(with_target(good)) == 200);
  for (const char* bad : {"/%41",     "/logi%6e", "/%2f",    "/a%2Fb", "/%5c", "/%2e%2E/a", "/%7e",
                          "/%",       "/%4",      "/%zz",    "/%4g",   "/%g4", "/%%41",     "/%00",
                          "/a?b=%00", "/a?b=%",   "/a?b=%1", "/%-1",   "/%+1", "/%0x"})
    CHECK(status(with_target(bad)) == 400);
}

TEST_CASE("an escape at the end of a target does not reach into the version") {
  CHECK(status("GET /%4 HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
  CHECK(status("GET /% HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
}

TEST_CASE("a target is a path, an absolute address, or * for OPTIONS") {
  const Read path(with_target("/a/b?c=/d?e"));
  CHECK(path.head.path == "/a/b");
  const Read asterisk(with_target("*", "OPTIONS"));
  CHECK(asterisk.head.target == "*");
  for (const char* bad :
       {"*", "a", "livez", "?a", "example.org:443", "ftp://example.org/", "http:/example.org/",
        "http:///a", "http://", "https://?a", "javascript:a", "http://user@example.org/",
        "http://exa%6dple.org/", "http://a?b"})
    CHECK(status(with_target(bad)) == 400);
  CHECK(status(with_target("**", "OPTIONS")) == 400);
}

TEST_CASE("the host of an absolute target wins over the header") {
  const Read read(with_target("http://other.example:81/a?b"));
  CHECK(read.head.host == "other.example:81");
  CHECK(read.head.target == "/a?b");
  CHECK(read.head.path == "/a");
  const Read bare(with_target("https://other.example"));
  CHECK(bare.head.host == "other.example");
  CHECK(bare.head.target == "/");
  CHECK(status("GET http://a.example/ HTTP/1.1\r\n\r\n") ==
        400);  // A Host header is still required.
}

TEST_CASE("a target may be as long as the limit says and no longer") {
  CHECK(status(with_target("/" + std::string(kMaxTarget - 1, 'a'))) == 200);
  CHECK(status(with_target("/" + std::string(kMaxTarget, 'a'))) == 414);
}

TEST_CASE("a request line that alone is longer than a head is 414, whether it ended or not") {
  const std::string endless = "GET /" + std::string(kMaxHeader, 'a');
  CHECK(status(endless) == 414);
  CHECK(status(endless + " HTTP/1.1\r\nHost: x\r\n\r\n") == 414);
}

TEST_CASE("a head may be as long as the limit says and no longer") {
  const std::string head = with_headers("X: " + std::string(500, 'a') + "\r\n");
  CHECK(status(head, head.size()) == 200);
  CHECK(status(head, head.size() - 1) == 431);
  CHECK(status(head, head.size() - 400) == 431);
  // What follows does not count.
  CHECK(parse(head + std::string(2000, 'b'), head.size()).parsed == Parsed::complete);
  // No waiting for the end of a head that is already too long.
  CHECK(status("GET / HTTP/1.1\r\nX: " + std::string(kMaxHeader, 'a')) == 431);
  CHECK(status("GET / HTTP/1.1\r\nX: " + std::string(kMaxHeader - 100, 'a')) == 0);
}

TEST_CASE("there may be as many headers as the limit says and no more") {
  const auto lines = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i)
      text += "a:b\r\n";
    return text;
  };
  CHECK(status(with_headers(lines(kMaxHeaders - 1))) == 200);  // and Host
  CHECK(status(with_headers(lines(kMaxHeaders))) == 431);
  CHECK(status(with_headers(lines(3000))) == 431);
}

TEST_CASE("a line that ends with LF alone is refused, at every line and at once") {
  for (size_t at = kGood.find("\r\n"); at != std::string::npos; at = kGood.find("\r\n", at + 2)) {
    std::string bad = kGood;
    bad.erase(at, 1);
    CHECK(status(bad) == 400);
    CHECK(status(bad.substr(0, at + 1)) ==
          400);  // The line feed is enough; no waiting for the end.
  }
  CHECK(status("\n") == 400);
  CHECK(status("\n\n") == 400);
}

TEST_CASE("a CR that does not end a line is refused") {
  for (size_t at = kGood.find("\r\n"); at != std::string::npos; at = kGood.find("\r\n", at + 2)) {
    std::string bad = kGood;
    bad.insert(at, "\r");
    CHECK(status(bad + "\r\n") == 400);
  }
  CHECK(status(with_headers("X: a\rContent-Length: 5\r\n")) == 400);
  CHECK(status(with_headers("\rX: a\r\n")) == 400);
}

TEST_CASE("folded lines are refused, behind the request line too") {
  CHECK(status(with_headers("X: a\r\n b\r\n")) == 400);
  CHECK(status(with_headers("X: a\r\n\tb\r\n")) == 400);
  CHECK(status(with_headers("X: a\r\n \r\n")) == 400);
  CHECK(status(with_headers("Transfer-Encoding:\r\n chunked\r\n")) != 200);
  CHECK(status("GET / HTTP/1.1\r\n Host: x\r\n\r\n") == 400);
}

TEST_CASE("a header name is a token, right before its colon") {
  const std::string_view symbols = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool is_ascii_alnum =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    // A colon only ends the name earlier.
    const bool is_sound = is_ascii_alnum || c == ':' || symbols.find(c) != std::string_view::npos;
    CAPTURE(byte);
    CHECK(status(with_headers(std::string("X") + c + "Y: 1\r\n")) == (is_sound ? 200 : 400));
  }
  for (const char* bad : {"X\r\n", ": a\r\n", "X : a\r\n", "X\t: a\r\n", "Content-Length : 5\r\n",
                          "Transfer-Encoding : chunked\r\n", " X: a\r\n"})
    CHECK(status(with_headers(bad)) == 400);
}

TEST_CASE("a header value has no control characters but tabs") {
  for (int byte = 0; byte < 256; ++byte) {
    const bool is_sound = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    CAPTURE(byte);
    CHECK(status(with_headers(std::string("X: a") + static_cast<char>(byte) + "b\r\n")) ==
          (is_sound ? 200 : 400));
    // At the edges too, where spaces are trimmed.
    CHECK(status(with_headers(std::string("X:") + static_cast<char>(byte) + "\r\n")) ==
          (is_sound ? 200 : 400));
  }
}

TEST_CASE("one Content-Length in digits that fit is read, nothing else") {
  const Read largest(with_headers("Content-Length: 18446744073709551615\r\n"));
  CHECK(largest.head.content_length == UINT64_MAX);
  CHECK(Read(with_headers("Content-Length: 0\r\n")).head.content_length == 0);
  CHECK(Read(with_headers("Content-Length:  7\t\r\n")).head.content_length == 7);
  for (const char* bad : {"", "-1", "+1", "0x10", "1 2", "1,1", "5, 5", "1;a", "1.0", "1e3", "ten",
                          "18446744073709551616", "99999999999999999999999999",
                          "\xc2\xa0"
                          "1"})
    CHECK(status(with_headers(std::string("Content-Length: ") + bad + "\r\n")) == 400);
}

TEST_CASE("two lengths are refused, equal ones too") {
  CHECK(status(with_headers("Content-Length: 5\r\nContent-Length: 6\r\n")) == 400);
  CHECK(status(with_headers("Content-Length: 5\r\ncontent-length: 5\r\n")) == 400);
  CHECK(status(with_headers("Content-Length: 5\r\nX: y\r\nContent-Length: 5\r\n")) == 400);
}

TEST_CASE("a length beside a transfer coding is refused, in either order") {
  CHECK(status(with_headers("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) == 400);
  CHECK(status(with_headers("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")) == 400);
  CHECK(status(with_headers("transfer-encoding: CHUNKED\r\ncontent-length: 0\r\n")) == 400);
}

TEST_CASE("chunked is the one transfer coding, once, and not in HTTP/1.0") {
  CHECK(Read(with_headers("Transfer-Encoding: chunked\r\n")).head.is_chunked);
  CHECK(Read(with_headers("tRANSFER-eNCODING: Chunked\r\n")).head.is_chunked);
  for (const char* other : {"", "gzip", "identity", "gzip, chunked", "chunked, chunked", "chunked,",
                            ",chunked", "chunked;q=1", "xchunked", "chunke", "\"chunked\""})
    CHECK(status(with_headers(std::string("Transfer-Encoding: ") + other + "\r\n")) == 501);
  CHECK(status(with_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")) ==
        400);
  CHECK(status(with_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")) ==
        501);
  CHECK(status(with_headers("Transfer-Encoding: \x0b"
                            "chunked\r\n")) == 400);
  CHECK(status(with_headers("Transfer-Encoding: chunked\r\n", "1.0")) == 400);
}

TEST_CASE("there is one Host; HTTP/1.0 may do without") {
  CHECK(status("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nX: Host\r\n\r\n") == 400);
  CHECK(status(with_headers("Host: example.org\r\n")) == 400);
  CHECK(status(with_headers("host: other.example\r\n")) == 400);
  CHECK(status(with_headers("Host: other.example\r\n", "1.0")) == 400);
  CHECK(Read("GET / HTTP/1.0\r\n\r\n").head.host.empty());
  for (const char* good : {"a", "A.example", "[2001:db8::1]:80", "192.0.2.1:8080", "a_b", "a~b"})
    CHECK(status(std::string("GET / HTTP/1.1\r\nHost: ") + good + "\r\n\r\n") == 200);
  for (const char* bad : {"", "a b", "a/b", "a@b", "a,b", "a\\b", "a\"b", "a%41", "a?b", "a;b",
                          "<a>", "\xc3\xa9.example"})
    CHECK(status(std::string("GET / HTTP/1.1\r\nHost: ") + bad + "\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: " + std::string(255, 'a') + "\r\n\r\n") == 200);
  CHECK(status("GET / HTTP/1.1\r\nHost: " + std::string(256, 'a') + "\r\n\r\n") == 400);
}

TEST_CASE("a connection is kept unless it is HTTP/1.0 or told to close") {
  CHECK(Read(with_headers("")).head.keeps_alive);
  CHECK(Read(with_headers("Connection: keep-alive\r\n")).head.keeps_alive);
  CHECK(Read(with_headers("Connection: closed\r\n")).head.keeps_alive);
  CHECK(Read(with_headers("Connection: x, , y\r\n")).head.keeps_alive);
  CHECK_FALSE(Read(with_headers("Connection: close\r\n")).head.keeps_alive);
  CHECK_FALSE(Read(with_headers("Connection: keep-alive , CLOSE\t, te\r\n")).head.keeps_alive);
  CHECK_FALSE(Read(with_headers("Connection: close\r\nConnection: te\r\n")).head.keeps_alive);
  CHECK_FALSE(Read(with_headers("", "1.0")).head.keeps_alive);
  CHECK_FALSE(Read(with_headers("Connection: keep-alive\r\n", "1.0")).head.keeps_alive);
}

TEST_CASE("100-continue is the one expectation, and none of HTTP/1.0") {
  CHECK(Read(with_headers("Expect: 100-Continue\r\n")).head.expects_continue);
  CHECK_FALSE(Read(with_headers("Expect: 100-continue\r\n", "1.0")).head.expects_continue);
  CHECK_FALSE(Read(with_headers("")).head.expects_continue);
  CHECK(status(with_headers("Expect: more\r\n")) == 417);
  CHECK(status(with_headers("Expect:\r\n")) == 417);
}

// Every byte of a valid head replaced by every other byte, and every byte inserted in every gap:
// the result may be another request, but never an ambiguous one.
TEST_CASE("no single changed byte makes a head that two parsers could read differently") {
  const std::string good =
      "PUT /a HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\nContent-Type: c\r\n\r\n";
  size_t complete = 0;
  const auto examine = [&](const std::string& text) {
    const HeadResult result = parse(text);
    if (result.parsed != Parsed::complete) return;
    ++complete;
    const Head& head = result.head;
    const std::string_view read = std::string_view(text).substr(0, head.bytes);
    bool is_sound = read.ends_with("\r\n\r\n") && read.find("\r\n\r\n") == read.size() - 4;
    is_sound = is_sound && std::count(read.begin(), read.end(), '\n') ==
                               static_cast<ptrdiff_t>(head.headers.size()) + 2;
    is_sound = is_sound && std::count(read.begin(), read.end(), '\r') ==
                               static_cast<ptrdiff_t>(head.headers.size()) + 2;
    is_sound = is_sound && read.find('\0') == std::string_view::npos;
    is_sound = is_sound && head.is_chunked == (head.find("transfer-encoding") != nullptr);
    is_sound = is_sound && !head.host.empty() && head.path.starts_with('/');
    if (!is_sound) FAIL_CHECK("read with two meanings: " << text);
  };
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string replaced = good;
      replaced[at] = static_cast<char>(byte);
      examine(replaced);
      std::string longer = good;
      longer.insert(at, 1, static_cast<char>(byte));
      examine(longer);
    }
  }
  CHECK(complete > 1000);
}

TEST_CASE("a control character is found at any position, and nothing else counts as one") {
  for (size_t size = 1; size <= 25; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '~');
        text[at] = static_cast<char>(byte);
        const bool is_control = byte < 0x20 || byte == 0x7f;
        if (http::has_control(text) != is_control) FAIL_CHECK(size << ", " << at << ", " << byte);
      }
    }
  }
  CHECK_FALSE(http::has_control(""));
  // Bytes whose neighbours borrow from them.
  CHECK_FALSE(http::has_control("\x80\xff\x80 \x80\xa0\xff\x80"));
}

TEST_CASE("names are equal without the case of ASCII, and of nothing else") {
  CHECK(equal_names("Content-Length", "content-LENGTH"));
  CHECK(equal_names("", ""));
  CHECK_FALSE(equal_names("a", "ab"));
  CHECK_FALSE(equal_names("[", "{"));
  CHECK_FALSE(equal_names("@", "`"));
  CHECK_FALSE(equal_names("\xc3\x89", "\xc3\xa9"));
}
