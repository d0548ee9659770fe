// Shared by the store tests: their own directory, a log that can be inspected, many threads, and
// waiting for another thread or process.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/json_writer.h"
#include "base/log.h"
#include "store/store.h"
#include "support/temp_dir.h"

namespace authd::test {

using ScratchDirectory = TempDir;

// Keeps every line: "message key=value …". Thread-safe.
class RecordedLog final : public Log {
 public:
  void write(LogLevel, std::string_view message, LogFields fields) override {
    const std::lock_guard lock(mutex_);
    text_ += message;
    for (const LogField& field : fields) {
      JsonWriter json;
      std::visit([&](const auto& value) { json.value(value); }, field.value);
      text_ += " " + std::string(field.key) + "=" + json.take();
    }
    text_ += "\n";
  }
  bool enabled(LogLevel) const override { return true; }
  void set_level(LogLevel) override {}

  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// Runs `work(number)` on so many threads, and waits for all.
template <typename Work>
void on_threads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t)
    threads.emplace_back([&, t] { work(t); });
  for (std::thread& thread : threads)
    thread.join();
}

// The number in a row; 0 when it is absent.
inline int number(store::Reader& tx, std::string_view key) {
  return std::stoi(tx.get(key).value_or("0"));
}

// Polls until the condition holds; false if it does not within two minutes.
template <typename Condition>
bool comes_true(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace authd::test
