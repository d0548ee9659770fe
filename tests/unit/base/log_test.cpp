#include "base/log.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <thread>
#include <vector>

#include "base/json.h"
#include "support/manual_clock.h"

using namespace authd;

namespace {

// Captures standard error during its lifetime. Make assertions after taken(), because Catch may
// write there too.
class Captured {
 public:
  Captured() : file_(std::tmpfile()), saved_(dup(STDERR_FILENO)) {
    REQUIRE(file_ != nullptr);
    std::fflush(stderr);
    dup2(fileno(file_), STDERR_FILENO);
  }
  ~Captured() {
    restore();
    std::fclose(file_);
  }
  std::string taken() {
    restore();
    std::string text;
    std::rewind(file_);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_))
      text += static_cast<char>(c);
    return text;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    std::fflush(stderr);
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    saved_ = -1;
  }
  std::FILE* file_;
  int saved_;
};

// 2026-11-21T05:00:00.123Z
const test::ManualClock kClock(from_unix_seconds(1'795'237'200) + Milliseconds(123));

// What one event writes to standard error.
std::string logged(LogFormat format, LogLevel level, std::string_view message,
                   LogFields fields = {}) {
  const auto log = make_stderr_log(LogLevel::debug, format, kClock);
  Captured captured;
  log->write(level, message, fields);
  return captured.taken();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

// Everything that could start a new line, field or terminal sequence.
const std::string kHostile =
    "x\n{\"level\":\"error\"}\r\n\x1b[2J\x1b]0;t\x07\b\x7f\xc2\x9b"
    "31m\xe2\x80\xae\xe2\x80\xa8\xff\""
    " level=error";

bool has_control_byte(std::string_view line) {
  for (const std::string_view bad : {"\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\xa8", "\xff"}) {
    if (line.find(bad) != std::string_view::npos) return true;
  }
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

TEST_CASE("an event is one line of JSON with its time, level, message and typed fields") {
  CHECK(logged(LogFormat::json, LogLevel::info, "session revoked",
               {{"request_id", "r1"},
                {"user_id", uint64_t{18446744073709551615u}},
                {"delta", -5},
                {"ratio", 0.5},
                {"ok", true},
                {"name", std::string("\xc3\x84nn")}}) ==
        R"({"time":"2026-11-21T05:00:00.123Z","level":"info","message":"session revoked",)"
        R"("request_id":"r1","user_id":18446744073709551615,"delta":-5,"ratio":0.5,"ok":true,)"
        "\"name\":\"\xc3\x84nn\"}\n");
}

TEST_CASE("an event is one line of text for a terminal") {
  CHECK(logged(LogFormat::text, LogLevel::info, "started",
               {{"address", "127.0.0.1:8080"}, {"users", 3}, {"empty", ""}, {"title", "a b"}}) ==
        "2026-11-21T05:00:00.123Z info  started address=127.0.0.1:8080 users=3 empty=\"\" "
        "title=\"a b\"\n");
  CHECK(logged(LogFormat::text, LogLevel::error, "failed") ==
        "2026-11-21T05:00:00.123Z error failed\n");
}

TEST_CASE("a hostile value stays one field of one JSON line") {
  const std::string text = logged(LogFormat::json, LogLevel::warn, "m", {{"value", kHostile}});
  const std::vector<std::string> lines = lines_of(text);
  REQUIRE(lines.size() == 1);
  CHECK_FALSE(has_control_byte(lines[0]));
  const Result<JsonObject> event = JsonObject::parse(lines[0]);
  REQUIRE(event);
  CHECK(event->keys() == std::vector<std::string>{"time", "level", "message", "value"});
  CHECK(event->string("level").value() == "warn");
  // The bytes come back, except for the one that is not UTF-8.
  std::string expected = kHostile;
  expected.replace(expected.find('\xff'), 1, "\xef\xbf\xbd");
  CHECK(event->string("value").value() == expected);
}

TEST_CASE("a hostile value stays one quoted field of one text line") {
  const std::string text = logged(LogFormat::text, LogLevel::warn, "m", {{"value", kHostile}});
  const std::vector<std::string> lines = lines_of(text);
  REQUIRE(lines.size() == 1);
  CHECK_FALSE(has_control_byte(lines[0]));
  CHECK(lines[0].starts_with("2026-11-21T05:00:00.123Z warn  m value=\"x\\n"));
  CHECK(lines[0].ends_with("\\\" level=error\""));
}

TEST_CASE("a value that looks like fields is quoted in text") {
  CHECK(logged(LogFormat::text, LogLevel::info, "m", {{"v", "a=b"}}).ends_with("v=\"a=b\"\n"));
  CHECK(logged(LogFormat::text, LogLevel::info, "m", {{"v", "a\"b"}}).ends_with("v=\"a\\\"b\"\n"));
  CHECK(logged(LogFormat::text, LogLevel::info, "m", {{"v", "a\\b"}}).ends_with("v=\"a\\\\b\"\n"));
}

TEST_CASE("not even a message or a key can start a line") {
  for (const LogFormat format : {LogFormat::json, LogFormat::text}) {
    const std::vector<std::string> lines =
        lines_of(logged(format, LogLevel::info, kHostile, {{kHostile, 1}}));
    REQUIRE(lines.size() == 1);
    CHECK_FALSE(has_control_byte(lines[0]));
  }
}

TEST_CASE("braces and percent signs are text, not formats") {
  CHECK(logged(LogFormat::text, LogLevel::info, "{} %v %s {0}", {{"v", "{}%n"}}) ==
        "2026-11-21T05:00:00.123Z info  {} %v %s {0} v={}%n\n");
}

TEST_CASE("a very long value is written whole, on one line") {
  const std::string text =
      logged(LogFormat::json, LogLevel::info, "m", {{"v", std::string(100'000, 'x')}});
  CHECK(lines_of(text).size() == 1);
  CHECK(text.find(std::string(100'000, 'x')) != std::string::npos);
}

TEST_CASE("events below the level are dropped, and the level can be changed while it runs") {
  const auto log = make_stderr_log(LogLevel::warn, LogFormat::text, kClock);
  Captured captured;
  log->debug("debug 1");
  log->info("info 1");
  log->warn("warn 1");
  log->error("error 1");
  log->set_level(LogLevel::debug);
  log->debug("debug 2");
  log->set_level(LogLevel::off);
  log->error("error 2");
  const std::vector<std::string> lines = lines_of(captured.taken());
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].ends_with("warn 1"));
  CHECK(lines[1].ends_with("error 1"));
  CHECK(lines[2].ends_with("debug 2"));
}

TEST_CASE("each level is written by its name") {
  const auto log = make_stderr_log(LogLevel::debug, LogFormat::json, kClock);
  Captured captured;
  log->debug("m");
  log->info("m");
  log->warn("m");
  log->error("m");
  std::vector<std::string> names;
  for (const std::string& line : lines_of(captured.taken()))
    names.push_back(JsonObject::parse(line).value().string("level").value());
  CHECK(names == std::vector<std::string>{"debug", "info", "warn", "error"});
}

TEST_CASE("lines of several threads do not mix") {
  const auto log = make_stderr_log(LogLevel::info, LogFormat::json, kClock);
  constexpr int kThreads = 4;
  constexpr int kEvents = 200;
  Captured captured;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEvents; ++i)
        log->info("event", {{"thread", t}, {"text", std::string(300, 'x')}});
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  const std::vector<std::string> lines = lines_of(captured.taken());
  REQUIRE(lines.size() == kThreads * kEvents);
  for (const std::string& line : lines)
    REQUIRE(JsonObject::parse(line));
}

TEST_CASE("a closed standard error does no harm") {
  const auto log = make_stderr_log(LogLevel::info, LogFormat::json, kClock);
  const int saved = dup(STDERR_FILENO);
  close(STDERR_FILENO);
  CHECK_NOTHROW(log->info("into the void"));
  dup2(saved, STDERR_FILENO);
  close(saved);
}

TEST_CASE("the null log takes everything and writes nothing") {
  Captured captured;
  null_log().set_level(LogLevel::debug);
  null_log().error("error");
  null_log().write(LogLevel::error, "error", {});
  const std::string text = captured.taken();
  CHECK(text.empty());
  CHECK_FALSE(null_log().enabled(LogLevel::error));
}
