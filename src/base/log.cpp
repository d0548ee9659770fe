#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <new>

#include "base/json_writer.h"
#include "base/line_queue.h"

namespace authd {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
    case LogLevel::off: return "off";
  }
  __builtin_unreachable();
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: return spdlog::level::off;
  }
  __builtin_unreachable();
}

// RFC 3339 with milliseconds: sorting keeps the order of lines within a second.
std::string stamp(Time now) {
  std::string text = format_rfc3339(now);
  const auto milliseconds = (now - std::chrono::floor<Seconds>(now)).count();
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03d", static_cast<int>(milliseconds));
  text.insert(text.size() - 1, fraction);
  return text;
}

std::string json_line(Time now, LogLevel level, std::string_view message, LogFields fields) {
  JsonWriter json;
  json.begin_object()
      .field("time", stamp(now))
      .field("level", name_of(level))
      .field("message", message);
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { json.field(field.key, value); }, field.value);
  }
  json.end_object();
  return json.take();
}

bool needs_quotes(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '"' || c == '=' || c == '\\') return true;
  }
  return text.empty();
}

// Text without quotes, escaped where needed. Messages and keys are our own fixed texts, so this
// changes nothing. Foreign text in them could still not start a line.
std::string unquoted(std::string_view text) {
  const auto is_harmless = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (std::all_of(text.begin(), text.end(), is_harmless)) return std::string(text);
  JsonWriter json;
  json.value(text);
  return json.text().substr(1, json.text().size() - 2);
}

// As a JSON value, but a plain word has no quotes.
std::string text_value(const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value);
      text && !needs_quotes(*text)) {
    return std::string(*text);
  }
  JsonWriter json;
  std::visit([&](const auto& value) { json.value(value); }, field.value);
  return json.take();
}

std::string text_line(Time now, LogLevel level, std::string_view message, LogFields fields) {
  std::string line = stamp(now) + " ";
  line += name_of(level);
  line.append(6 - name_of(level).size(), ' ');
  line += unquoted(message);
  for (const LogField& field : fields) {
    line += ' ';
    line += unquoted(field.key);
    line += '=';
    line += text_value(field);
  }
  return line;
}

class StderrLog final : public Log {
 public:
  StderrLog(LogLevel level, LogFormat format, const Clock& clock)
      : format_(format),
        clock_(clock),
        logger_("authd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_pattern("%v");
    logger_.set_level(spdlog_level(level));
    // A log that cannot be written (a full disk behind a pipe) must not take the server down.
    logger_.set_error_handler([](const std::string&) {});
  }

  void write_behind() override {
    queue_ = std::make_unique<LineQueue>(STDERR_FILENO, [this](uint64_t lines) {
      return line(LogLevel::warn, "log lines were dropped", {{"lines", lines}});
    });
  }

  void write(LogLevel level, std::string_view message, LogFields fields) override {
    try {
      const std::string text = line(level, message, fields);
      if (queue_) {
        queue_->push(text);
      } else {
        logger_.log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
      }
    } catch (const std::bad_alloc&) {
      // Out of memory: the work that is logged matters more than its log line.
      return;
    }
  }
  bool enabled(LogLevel level) const override { return logger_.should_log(spdlog_level(level)); }
  void set_level(LogLevel level) override { logger_.set_level(spdlog_level(level)); }

 private:
  std::string line(LogLevel level, std::string_view message, LogFields fields) const {
    const Time now = clock_.now();
    return format_ == LogFormat::json ? json_line(now, level, message, fields)
                                      : text_line(now, level, message, fields);
  }

  LogFormat format_;
  const Clock& clock_;
  spdlog::logger logger_;
  std::unique_ptr<LineQueue> queue_;  // null: write_behind() was not called
};

class NullLog final : public Log {
 public:
  void write(LogLevel, std::string_view, LogFields) override {}
  bool enabled(LogLevel) const override { return false; }
  void set_level(LogLevel) override {}
};

}  // namespace

std::unique_ptr<Log> make_stderr_log(LogLevel level, LogFormat format, const Clock& clock) {
  return std::make_unique<StderrLog>(level, format, clock);
}

Log& null_log() {
  static NullLog log;
  return log;
}

}  // namespace authd
