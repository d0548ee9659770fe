// Log lines: one event, one line, to stderr; JSON for machines or text for a terminal. An event has
// a level, a short fixed message and typed fields. Fields are escaped (a client cannot start a new
// line or a new field); a Secret cannot be a field: it does not compile.
//
//   log.info("session revoked", {{"request_id", id}, {"user_id", user.value}});
//   {"time":"2026-11-21T04:20:00.123Z","level":"info","message":"session revoked","request_id":…}
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"

namespace authd {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { json, text };

struct LogField {
  std::string_view key;
  std::variant<std::string_view, int64_t, uint64_t, double, bool> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <std::signed_integral I>
  LogField(std::string_view k, I v) : key(k), value(static_cast<int64_t>(v)) {}
  template <std::unsigned_integral I>
  requires(!std::same_as<I, bool>) LogField(std::string_view k, I v)
      : key(k), value(static_cast<uint64_t>(v)) {}
};

using LogFields = std::initializer_list<LogField>;

// Thread-safe. Levels can be changed while it runs (SIGHUP).
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view message, LogFields fields) = 0;
  virtual bool enabled(LogLevel level) const = 0;
  virtual void set_level(LogLevel level) = 0;
  // After this call, no caller waits for the reader of the log (the server needs that): a thread
  // writes the lines, lines without room are dropped and counted, and the destructor waits a moment
  // for the thread (base/line_queue.h). Before this call, a line is written when the call returns.
  // Call it before other threads write.
  virtual void write_behind() {}

  void debug(std::string_view m, LogFields f = {}) {
    if (enabled(LogLevel::debug)) write(LogLevel::debug, m, f);
  }
  void info(std::string_view m, LogFields f = {}) {
    if (enabled(LogLevel::info)) write(LogLevel::info, m, f);
  }
  void warn(std::string_view m, LogFields f = {}) {
    if (enabled(LogLevel::warn)) write(LogLevel::warn, m, f);
  }
  void error(std::string_view m, LogFields f = {}) {
    if (enabled(LogLevel::error)) write(LogLevel::error, m, f);
  }
};

// Writes to standard error.
std::unique_ptr<Log> make_stderr_log(LogLevel level, LogFormat format, const Clock& clock);

// Drops everything; for tests and short commands.
Log& null_log();

}  // namespace authd
