#include "config/reading/values.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::config;
using namespace std::chrono_literals;

namespace {

// The message of a refusal, which must contain the text and say what would be valid.
template <typename T>
std::string refusal(const Result<T>& result, const std::string& text) {
  CAPTURE(text);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::invalid);
  CHECK(result.error().message.starts_with("\"" + text + "\" is not "));
  return result.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Listen tcp(const std::string& host, uint16_t port) {
  Listen listen;
  listen.host = host;
  listen.port = port;
  return listen;
}

}  // namespace

TEST_CASE("durations are read in every unit, and zero without a unit") {
  CHECK(parse_duration("500ms").value() == 500ms);
  CHECK(parse_duration("90s").value() == 90s);
  CHECK(parse_duration("15m").value() == 15min);
  CHECK(parse_duration("1h").value() == 1h);
  CHECK(parse_duration("30d").value() == 30 * 24h);
  CHECK(parse_duration("0").value() == 0ms);
  CHECK(parse_duration("0s").value() == 0ms);
}

TEST_CASE("text that is not a duration is refused, and so is a bare number") {
  for (const char* text : {"", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5h", "5S", "5sec",
                           "1h30m", "5w", "106751991168d", "99999999999999999999s"}) {
    CHECK(contains(refusal(parse_duration(text), text), "30d"));
  }
}

TEST_CASE("sizes are read in every unit and as plain bytes") {
  CHECK(parse_size("0").value() == 0);
  CHECK(parse_size("4096").value() == 4096);
  CHECK(parse_size("64KiB").value() == 65536);
  CHECK(parse_size("16MiB").value() == 16ull << 20);
  CHECK(parse_size("64GiB").value() == 64ull << 30);
}

TEST_CASE("text that is not a size is refused, and so are decimal units") {
  for (const char* text : {"", "KiB", "64 KiB", "64K", "64KB", "64kib", "64B", "-1", "1.5MiB",
                           "99999999999GiB", "18446744073709551616"}) {
    CHECK(contains(refusal(parse_size(text), text), "64KiB"));
  }
}

TEST_CASE("rates are a number per time") {
  CHECK(parse_rate("5/1m").value() == Rate{5, 1min});
  CHECK(parse_rate("1000000/500ms").value() == Rate{1'000'000, 500ms});
  CHECK(parse_rate("1/30d").value() == Rate{1, 30 * 24h});
}

TEST_CASE("text that is not a rate is refused, and so are a rate of zero and an endless window") {
  for (const char* text : {"", "5", "/1m", "5/", "5/1", "5/0", "5/0s", "0/1m", "-5/1m", "5/m",
                           "5/-1m", "5/1m/1m", "5 / 1m", "1000001/1m", "5/31d", "4294967301/1m"}) {
    CHECK(contains(refusal(parse_rate(text), text), "5/1m"));
  }
}

TEST_CASE("truth is written in the usual words") {
  for (const char* text : {"true", "1", "yes", "on", "True", "ON"})
    CHECK(parse_bool(text).value());
  for (const char* text : {"false", "0", "no", "off", "FALSE"})
    CHECK_FALSE(parse_bool(text).value());
  for (const char* text : {"", "Truth", "2", "t", "true "})
    CHECK(contains(refusal(parse_bool(text), text), "true or false"));
}

TEST_CASE("numbers are decimal and whole") {
  CHECK(parse_number("0").value() == 0);
  CHECK(parse_number("18446744073709551615").value() == UINT64_MAX);
  for (const char* text :
       {"", "-1", "+1", "1.0", "0x10", "1e3", " 1", "1 ", "18446744073709551616"})
    CHECK(contains(refusal(parse_number(text), text), "whole number"));
}

TEST_CASE("each form of an address to listen on is read") {
  CHECK(parse_listen("127.0.0.1:8080").value() == tcp("127.0.0.1", 8080));
  CHECK(parse_listen("[::1]:8080").value() == tcp("::1", 8080));
  CHECK(parse_listen(":8080").value() == tcp("", 8080));
  CHECK(parse_listen("localhost:0").value() == tcp("localhost", 0));
  CHECK(parse_listen("0.0.0.0:65535").value() == tcp("0.0.0.0", 65535));
  const Listen unix_path = parse_listen("unix:/run/authd/authd.sock").value();
  CHECK(unix_path.kind == Listen::Kind::unix_path);
  CHECK(unix_path.path == "/run/authd/authd.sock");
  CHECK(parse_listen("systemd").value().kind == Listen::Kind::systemd);
}

TEST_CASE("text that is not an address to listen on is refused") {
  for (const char* text : {"",
                           "8080",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:65536",
                           "127.0.0.1:-1",
                           "127.0.0.1:http",
                           "127.0.0.1:80:80",
                           "::1:8080",
                           "::1",
                           "[::1]",
                           "[::1]8080",
                           "[]:80",
                           "[::1:80",
                           "::1]:80",
                           "[[::1]]:80",
                           "[127.0.0.1]:80",
                           "[localhost]:80",
                           "example.org:80",
                           "http://127.0.0.1:80",
                           "127.0.0.1/8:80",
                           "256.0.0.1:80",
                           "unix:",
                           "unix:relative",
                           "Systemd"}) {
    CHECK(contains(refusal(parse_listen(text), text), "unix:/"));
  }
}

TEST_CASE("a socket path that does not fit into sockaddr_un is refused") {
  CHECK(parse_listen("unix:/" + std::string(106, 'x')));
  const std::string text = "unix:/" + std::string(107, 'x');
  CHECK(contains(refusal(parse_listen(text), text), "107 bytes"));
}

TEST_CASE("only TCP addresses serve for the redirect") {
  CHECK(parse_tcp_listen(":80").value() == tcp("", 80));
  for (const char* text : {"systemd", "unix:/run/a", "80", ""})
    CHECK(contains(refusal(parse_tcp_listen(text), text), "TCP"));
}

TEST_CASE("a public URL loses the slash at its end, an issuer keeps it") {
  CHECK(parse_url("https://auth.example.org").value() == "https://auth.example.org");
  CHECK(parse_url("https://auth.example.org/").value() == "https://auth.example.org");
  CHECK(parse_url("https://example.org/auth//").value() == "https://example.org/auth");
  CHECK(parse_url("http://127.0.0.1:8080").value() == "http://127.0.0.1:8080");
  CHECK(parse_url("http://[2001:db8::1]:8080/x").value() == "http://[2001:db8::1]:8080/x");
  CHECK(parse_issuer("https://auth.example.org/").value() == "https://auth.example.org/");
}

TEST_CASE("a URL with a query, a fragment, a user or without a host is refused") {
  for (const char* text : {"",
                           "auth.example.org",
                           "//auth.example.org",
                           "ftp://example.org",
                           "https://",
                           "https:///x",
                           "https:example.org",
                           "HTTPS://example.org",
                           "https://example.org?x",
                           "https://example.org/#x",
                           "https://user@example.org",
                           "https://example.org:0",
                           "https://example.org:65536",
                           "https://example.org:",
                           "https://exa mple.org",
                           "https://example.org/a b",
                           "https://ex\xc3\xa4mple.org",
                           "https://example.org/\"",
                           "https://example.org/<x>",
                           "https://example.org\\x",
                           "http://2001:db8::1",
                           "http://[127.0.0.1]",
                           "javascript:alert(1)",
                           "https://example.org/\x1b[2J"}) {
    CHECK(contains(refusal(parse_url(text), text), "http://"));
    CHECK_FALSE(parse_issuer(text));
  }
}

TEST_CASE("the pages of an app may have an origin with a scheme of its own") {
  for (const char* text : {"capacitor://localhost", "ionic://localhost", "tauri://localhost",
                           "my-app.v2://main.example:80", "https://app.example.org", "*"}) {
    CAPTURE(text);
    CHECK(parse_cors_origin(text).value() == text);
    if (std::string(text).find("http") != 0 && *text != '*') CHECK_FALSE(parse_origin(text));
  }
  CHECK(parse_cors_origin("Capacitor://Localhost").value() == "capacitor://localhost");
  CHECK(parse_cors_origin("https://App.example.org:443").value() == "https://app.example.org");
  for (const char* text :
       {"null", "://localhost", "capacitor://", "capacitor://localhost/", "capacitor:localhost",
        "1x://localhost", "a b://localhost", "file://localhost", "data://x", "javascript://x",
        "https://*.x.example", "capacitor://*", ""}) {
    CAPTURE(text);
    CHECK_FALSE(parse_cors_origin(text));
  }
}

TEST_CASE("an origin is kept as browsers send it") {
  CHECK(parse_origin("https://App.Example.org").value() == "https://app.example.org");
  CHECK(parse_origin("http://localhost:3000").value() == "http://localhost:3000");
  CHECK(parse_origin("https://app.example.org:443").value() == "https://app.example.org");
  CHECK(parse_origin("http://app.example.org:80").value() == "http://app.example.org");
  CHECK(parse_origin("https://app.example.org:80").value() == "https://app.example.org:80");
  CHECK(parse_origin("http://[::1]:3000").value() == "http://[::1]:3000");
  CHECK(parse_origin("*").value() == "*");
}

TEST_CASE("an origin that no browser sends is refused") {
  for (const char* text : {"", "null", "app.example.org", "https://", "https://app.example.org/",
                           "https://app.example.org/x", "https://*.example.org", "https://*",
                           "https://a@b", "https://a,https://b", "file://x"}) {
    CHECK(contains(refusal(parse_origin(text), text), "https://app.example.org"));
  }
}

TEST_CASE("a host may have a port, a wildcard may not") {
  CHECK(parse_host("Auth.Example.org").value() == "auth.example.org");
  CHECK(parse_host("auth.example.org:8443").value() == "auth.example.org:8443");
  CHECK(parse_host("127.0.0.1").value() == "127.0.0.1");
  CHECK(parse_host("[2001:DB8::1]").value() == "[2001:db8::1]");
  CHECK(parse_host("[2001:db8::1]:8443").value() == "[2001:db8::1]:8443");
  CHECK(parse_host("*.example.org").value() == "*.example.org");
  CHECK(parse_host("*").value() == "*");
  for (const char* text :
       {"", "*.", "**", "a*", "*.*.org", "*.example.org:8443", "*.[::1]", "::1", "2001:db8::1",
        "example.org/", "http://example.org", "a b", "a:0", "a:b", "not_a_host"}) {
    CHECK(contains(refusal(parse_host(text), text), "*.example.org"));
  }
  CHECK_FALSE(parse_host(std::string(254, 'a')));
}

TEST_CASE("networks are read, those with host bits refused") {
  CHECK(parse_network("10.0.0.0/8").value().to_string() == "10.0.0.0/8");
  CHECK(contains(refusal(parse_network("10.0.0.1/8"), "10.0.0.1/8"), "without host bits"));
}

TEST_CASE("levels and formats of the log are read by name") {
  CHECK(parse_log_level("warn").value() == LogLevel::warn);
  CHECK(parse_log_format("text").value() == LogFormat::text);
  CHECK(contains(refusal(parse_log_level("warning"), "warning"), "debug, info, warn, error, off"));
  CHECK(contains(refusal(parse_log_format("xml"), "xml"), "json, text"));
}

TEST_CASE("a list is split at its commas, without spaces and empty parts") {
  using Parts = std::vector<std::string>;
  CHECK(split_list("") == Parts{});
  CHECK(split_list(" , ,") == Parts{});
  CHECK(split_list("a") == Parts{"a"});
  CHECK(split_list("a,b") == Parts{"a", "b"});
  CHECK(split_list(" a , b b,,c ") == Parts{"a", "b b", "c"});
}

TEST_CASE("a formatted value is read back unchanged") {
  for (const Milliseconds duration : {0ms, 1ms, 1500ms, 90'000ms, 3'600'000ms, 2'592'000'000ms}) {
    CHECK(parse_duration(format_duration(duration)).value() == duration);
  }
  CHECK(format_duration(15min) == "15m");
  CHECK(format_duration(90s) == "90s");
  for (const uint64_t bytes : {0ull, 1ull, 1000ull, 65536ull, 19ull << 20, 64ull << 30}) {
    CHECK(parse_size(format_size(bytes)).value() == bytes);
  }
  CHECK(format_size(19 << 20) == "19MiB");
  CHECK(format_rate({600, 1min}) == "600/1m");
  for (const char* text :
       {"127.0.0.1:8080", "[::1]:8080", ":0", "localhost:80", "unix:/a", "systemd"}) {
    CHECK(format_listen(parse_listen(text).value()) == text);
  }
}

TEST_CASE("a mail URL names the transport, the server and the login") {
  CHECK(parse_mail_url("log:").value().kind == MailUrl::Kind::log);
  CHECK(parse_mail_url("file:/var/spool/authd").value().directory == "/var/spool/authd");
  const MailUrl plain = parse_mail_url("smtp://mail.example.org").value();
  CHECK(plain.kind == MailUrl::Kind::smtp);
  CHECK(plain.host == "mail.example.org");
  CHECK(plain.port == 587);
  CHECK(plain.user.empty());
  const MailUrl full = parse_mail_url("smtps://me%40example.org:p%3A%2f@[::1]:1465").value();
  CHECK(full.kind == MailUrl::Kind::smtps);
  CHECK(full.host == "[::1]");
  CHECK(full.port == 1465);
  CHECK(full.user == "me@example.org");
  CHECK(full.password == "p:/");
  CHECK(parse_mail_url("smtps://mail.example.org").value().port == 465);
}

TEST_CASE("a mail URL is shown without its password, and refused without being repeated") {
  CHECK(format_mail_url(parse_mail_url("smtp://me:secret@mail.example.org").value()) ==
        "smtp://me:***@mail.example.org:587");
  for (const char* text : {"", "smtp:", "smtp://", "smtp://:secret@host", "http://secret@host",
                           "smtp://me:sec%ret@host", "smtp://host:99999", "file:", "smtp://a b"}) {
    CAPTURE(text);
    const auto refused = parse_mail_url(text);
    REQUIRE_FALSE(refused);
    CHECK_FALSE(contains(refused.error().message, "secret"));
  }
}

TEST_CASE("a sender is an address, with or without a name") {
  CHECK(parse_mail_from("authd@localhost").value() == "authd@localhost");
  CHECK(parse_mail_from("Größe & Co <a.b+c@example.org>"));
  CHECK(parse_mail_from("\"Acme, Inc.\" <a@b>"));
  for (const char* text : {"", "nobody", "@example.org", "a@", "a@b\r\nBcc: c@d", "A <a@b",
                           "A <a@b> x", "a@b,c@d", "\"A <a@b>", "\"A\" B\" <a@b>"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_mail_from(text));
  }
}

TEST_CASE("the colour of the pages is six hex digits and nothing else") {
  CHECK(parse_accent("#1A4fA3").value() == "#1a4fa3");
  for (const char* text :
       {"", "#", "#fff", "blue", "1a4fa3", "#1a4fa3;", "#1a4fag", "#1a4fa3}*{"}) {
    CHECK(contains(refusal(parse_accent(text), text), "#1a4fa3"));
  }
}

TEST_CASE("a link of the pages has a label, and an address that is no program") {
  for (const char* text : {"Privacy https://example.org/p", "Terms of use /terms",
                           "Help mailto:help@example.org", "A http://example.org/?a=1#b"}) {
    CHECK(parse_link(text).value() == text);
  }
  for (const char* text :
       {"", "https://example.org", " https://example.org", "X javascript:alert(1)",
        "X JavaScript:alert(1)", "X data:text/html,x", "X //evil.example", "X /\\evil.example",
        "X vbscript:x", "X \xff https://a", "X\n https://example.org", "X ftp://example.org"}) {
    CHECK(contains(refusal(parse_link(text), text), "a link"));
  }
  const auto [label, address] = parts_of_link("Terms of  use /terms");
  CHECK(label == "Terms of  use");
  CHECK(address == "/terms");
}
