#include "mail/message.h"

#include <catch2/catch.hpp>
#include <vector>

#include "base/encoding.h"

using namespace authd;
using namespace authd::mail;

namespace {

Message simple() {
  Message message;
  message.id = "00112233445566778899aabbccddeeff";
  message.from = {"Example", "authd@example.org"};
  message.to = {"", "ann@example.com"};
  message.subject = "Hello";
  message.text = "One line\n";
  message.html = "<p>One line</p>\n";
  message.date = *parse_rfc3339("2026-11-21T08:05:09.999Z");
  return message;
}

std::string formatted(const Message& message) {
  const Result<std::string> bytes = format_message(message);
  REQUIRE(bytes);
  return *bytes;
}

// The lines of the head, unfolded.
std::vector<std::string> headers(const std::string& bytes) {
  const std::string head = bytes.substr(0, bytes.find("\r\n\r\n"));
  std::vector<std::string> lines;
  for (size_t at = 0; at <= head.size();) {
    const size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string line = head.substr(at, end - at);
    if (line.starts_with(' ')) {
      lines.back() += line;
    } else {
      lines.push_back(line);
    }
    at = end + 2;
  }
  return lines;
}

std::string header(const std::string& bytes, const std::string& name) {
  for (const std::string& line : headers(bytes)) {
    if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
  }
  return "(none)";
}

// Joins the result of encoded_words().
std::string decoded_words(std::string text) {
  std::string out;
  for (size_t at = text.find("=?UTF-8?B?"); at != std::string::npos;
       at = text.find("=?UTF-8?B?", at)) {
    at += 10;
    out += base64_decode(text.substr(at, text.find("?=", at) - at)).value_or("(not base64)");
  }
  return out;
}

}  // namespace

TEST_CASE("a message has the headers that it needs, once each") {
  const std::string bytes = formatted(simple());
  CHECK(headers(bytes).size() == 8);
  CHECK(header(bytes, "Date") == "Sat, 21 Nov 2026 08:05:09 +0000");
  CHECK(header(bytes, "From") == "\"Example\" <authd@example.org>");
  CHECK(header(bytes, "To") == "ann@example.com");
  CHECK(header(bytes, "Subject") == "Hello");
  CHECK(header(bytes, "Message-ID") == "<00112233445566778899aabbccddeeff@example.org>");
  CHECK(header(bytes, "Auto-Submitted") == "auto-generated");
  CHECK(header(bytes, "MIME-Version") == "1.0");
  CHECK(header(bytes, "Content-Type").starts_with("multipart/alternative; boundary=\"=_"));
  CHECK(formatted(simple()) == bytes);
}

TEST_CASE("no value begins a new header") {
  for (const std::string bad : {"\r\nBcc: eve@example.net", "\nBcc: eve@example.net",
                                "\rBcc: eve@example.net", "\r\n\r\nbody", "\x0b\x0c"}) {
    for (const std::string& value : {bad, "x" + bad, "ü" + bad, std::string("\0", 1) + bad}) {
      Message message = simple();
      message.subject = value;
      message.from.name = value;
      message.to.name = value;
      const std::string bytes = formatted(message);
      CHECK(headers(bytes).size() == 8);
      CHECK(header(bytes, "Bcc") == "(none)");
      message.to.address = "ann@example.com" + value;
      CHECK_FALSE(format_message(message));
      message = simple();
      message.from.address = value + "@example.org";
      CHECK_FALSE(format_message(message));
    }
  }
  Message message = simple();
  message.id = "a>\r\nBcc: eve@example.net";
  CHECK_FALSE(format_message(message));
}

TEST_CASE("subjects and names beyond ASCII are encoded, without cutting a character") {
  Message message = simple();
  std::string subject;
  for (int i = 0; i < 40; ++i)
    subject += "Grüße ☃ ";
  message.subject = subject.substr(0, 400);
  while (!is_valid_utf8(message.subject))
    message.subject.pop_back();
  message.to.name = "Änn \"the\" <best>";
  const std::string bytes = formatted(message);
  CHECK(decoded_words(header(bytes, "Subject")) == message.subject);
  CHECK(decoded_words(header(bytes, "To")) == message.to.name);
  for (size_t at = bytes.find("=?UTF-8?B?"); at != std::string::npos;
       at = bytes.find("=?UTF-8?B?", at + 1)) {
    const std::string word = bytes.substr(at + 10, bytes.find("?=", at) - at - 10);
    const auto part = base64_decode(word);
    REQUIRE(part);
    CHECK(is_valid_utf8(*part));
  }
}

TEST_CASE("text that looks like an encoded word is encoded, and quotes are escaped") {
  Message message = simple();
  message.subject = "=?UTF-8?B?ZXZpbA==?=";
  message.from.name = "A \"b\" \\c";
  const std::string bytes = formatted(message);
  CHECK(decoded_words(header(bytes, "Subject")) == message.subject);
  CHECK(header(bytes, "From") == "\"A \\\"b\\\" \\\\c\" <authd@example.org>");
}

TEST_CASE("ill-formed UTF-8 in a name becomes question marks") {
  Message message = simple();
  message.to.name = "A\xff\xfe";
  CHECK(header(formatted(message), "To") == "\"A??\" <ann@example.com>");
}

TEST_CASE("lines are short, end with CRLF, and never begin with a dot") {
  Message message = simple();
  message.text = "." + std::string(5000, 'x') + "\n.\n..\r\n trailing \t\n" + std::string(75, 'y') +
                 ".z\n" + std::string(3000, '.') + "\nlast";
  message.html = std::string(2000, '=') + "\xc3\xbc\n";
  message.subject = std::string(5000, 's');
  message.from.name = std::string(5000, 'n');
  const std::string bytes = formatted(message);
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at);
    REQUIRE(end != std::string::npos);
    REQUIRE(end > 0);
    CHECK(bytes[end - 1] == '\r');
    CHECK(end - at - 1 <= 78);
    CHECK(bytes[at] != '.');
    if (end - at > 1) CHECK(std::string("\t ").find(bytes[end - 2]) == std::string::npos);
    at = end + 1;
  }
  for (const char c : bytes)
    REQUIRE(static_cast<uint8_t>(c) < 0x80);
}

TEST_CASE("a body cannot close its part") {
  Message message = simple();
  const std::string boundary = "=_authd_" + message.id;
  message.text = "--" + boundary + "--\n--" + boundary + "\n";
  message.html = message.text;
  const std::string bytes = formatted(message);
  size_t count = 0;
  for (size_t at = bytes.find("\n--" + boundary); at != std::string::npos;
       at = bytes.find("\n--" + boundary, at + 1))
    count += 1;
  CHECK(count == 3);
}

TEST_CASE("a picture is in one part with the HTML, which names it") {
  Message message = simple();
  std::string picture;
  for (int i = 0; i < 300; ++i)
    picture += static_cast<char>(i);
  message.picture = {"image/png", picture};
  message.html = "<img src=\"" + picture_address(message.id) + "\">\n";
  const std::string bytes = formatted(message);
  CHECK(header(bytes, "Content-Type").starts_with("multipart/alternative; "));
  const size_t text = bytes.find("Content-Type: text/plain");
  const size_t both = bytes.find("Content-Type: multipart/related; type=\"text/html\";");
  const size_t html = bytes.find("Content-Type: text/html");
  const size_t image = bytes.find("Content-Type: image/png; name=\"logo.png\"\r\n");
  REQUIRE(image != std::string::npos);
  CHECK(text < both);
  CHECK(both < html);
  CHECK(html < image);
  const std::string part = bytes.substr(image);
  CHECK(picture_address(message.id) == "cid:logo." + message.id + "@authd");
  CHECK(part.find("\r\nContent-ID: <logo." + message.id + "@authd>\r\n") != std::string::npos);
  CHECK(part.find("\r\nContent-Disposition: inline; ") != std::string::npos);
  std::string encoded = part.substr(part.find("\r\n\r\n") + 4);
  encoded = encoded.substr(0, encoded.find("--"));
  for (size_t at = 0; at < encoded.size(); at = encoded.find('\n', at) + 1)
    CHECK(encoded.find("\r\n", at) - at <= 76);
  std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
  CHECK(base64_decode(encoded) == picture);
  message.picture = {};
  CHECK(formatted(message).find("related") == std::string::npos);
}

TEST_CASE("addresses are plain, or refused") {
  for (const char* good :
       {"a@b", "ann+tag@example.org", "änn@exämple.org", "a.b!#$%&'*/=?^`{|}~@c"})
    CHECK(is_address(good));
  for (const char* bad : {"", "@", "a", "a@", "@b", "a@b@c", "a b@c", "<a@b>", "a@b,c@d", "\"a\"@b",
                          "a@b(c)", "a\\@b", "a@[1.2.3.4]", "-oX@b", "a\x7f@b", "a\xff@b"})
    CHECK_FALSE(is_address(bad));
  CHECK_FALSE(is_address(std::string("a\0@b", 4)));
  CHECK_FALSE(is_address(std::string(320, 'a') + "@b"));
}

TEST_CASE("mail.from is an address with or without a name") {
  CHECK(parse_mailbox("a@b").address == "a@b");
  CHECK(parse_mailbox("a@b").name.empty());
  CHECK(parse_mailbox("Ann Lee <a@b>").address == "a@b");
  CHECK(parse_mailbox("Ann Lee <a@b>").name == "Ann Lee");
  CHECK(parse_mailbox("<a@b>").name.empty());
}

TEST_CASE("a name in quotes is a name, and may have a comma") {
  const Mailbox acme = parse_mailbox("\"Acme, \\\"Inc.\\\" <x>\" <a@b.example>");
  CHECK(acme.name == "Acme, \"Inc.\" <x>");
  CHECK(acme.address == "a@b.example");
}
