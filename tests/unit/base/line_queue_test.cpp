#include "base/line_queue.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <sstream>
#include <thread>
#include <vector>

#include "base/file.h"

using namespace authd;

namespace {

// For tests where all lines must arrive, however slow the machine.
constexpr Milliseconds kPatience = std::chrono::minutes(5);

// A pipe and, once started, the thread that reads it to its end.
struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
  }
  void start_reading() {
    reader = std::thread([this] {
      std::vector<char> room(1 << 16);
      for (ssize_t got = 1; got > 0;) {
        got = read(read_end.get(), room.data(), room.size());
        if (got > 0) text.append(room.data(), static_cast<size_t>(got));
        if (text.ends_with("after\n")) has_read_after = true;
      }
    });
  }
  std::vector<std::string> lines() {
    write_end.reset();
    reader.join();
    std::vector<std::string> found;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
      found.push_back(line);
    return found;
  }

  UniqueFd read_end;
  UniqueFd write_end;
  std::thread reader;
  std::string text;
  std::atomic<bool> has_read_after = false;  // the line "after"
};

std::string report(uint64_t lines) {
  return "dropped " + std::to_string(lines);
}

bool is_report(const std::string& line) {
  return line.starts_with("dropped ");
}

// The sum of the reports.
size_t dropped(const std::vector<std::string>& lines) {
  size_t sum = 0;
  for (const std::string& line : lines)
    sum += is_report(line) ? std::stoul(line.substr(8)) : 0;
  return sum;
}

}  // namespace

TEST_CASE("lines are written in order, and all of them before the end") {
  Pipe pipe;
  pipe.start_reading();
  {
    LineQueue queue(pipe.write_end.get(), &report, kPatience);
    for (int i = 0; i < 1000; ++i)
      queue.push(std::to_string(i));
  }
  const std::vector<std::string> lines = pipe.lines();
  REQUIRE(lines.size() == 1000);
  for (size_t i = 0; i < lines.size(); ++i)
    REQUIRE(lines[i] == std::to_string(i));
}

TEST_CASE("lines of several threads come whole") {
  Pipe pipe;
  pipe.start_reading();
  {
    LineQueue queue(pipe.write_end.get(), &report, kPatience);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i)
          queue.push(std::string(100, static_cast<char>('a' + t)));
      });
    }
    for (std::thread& thread : threads)
      thread.join();
  }
  const std::vector<std::string> lines = pipe.lines();
  CHECK(lines.size() == 2000);
  for (const std::string& line : lines)
    REQUIRE(line == std::string(100, line[0]));
}

TEST_CASE("a writer never waits for the reader, and the reader learns what was dropped") {
  Pipe pipe;
  constexpr size_t kLine = 1000;
  constexpr size_t kLines = 3 * LineQueue::kMaxBytes / kLine;
  {
    LineQueue queue(pipe.write_end.get(), &report, kPatience);
    for (size_t i = 0; i < kLines; ++i)
      queue.push(std::string(kLine, 'x'));  // nobody reads
    pipe.start_reading();
  }
  const std::vector<std::string> lines = pipe.lines();
  REQUIRE(lines.size() > LineQueue::kMaxBytes / (kLine + 1));
  CHECK(lines.size() < kLines);
  // The writer removes lines while others arrive, so lines may be dropped, kept, and dropped again.
  size_t written = 0;
  for (const std::string& line : lines) {
    if (is_report(line)) continue;
    REQUIRE(line == std::string(kLine, 'x'));
    written += 1;
  }
  CHECK(written + dropped(lines) == kLines);
}

TEST_CASE("the count of dropped lines is where the lines would have been") {
  Pipe pipe;
  constexpr size_t kLines = 3 * LineQueue::kMaxBytes / 1000;
  size_t after = 0;
  {
    LineQueue queue(pipe.write_end.get(), &report, kPatience);
    for (size_t i = 0; i < kLines; ++i)
      queue.push(std::string(1000, 'x'));
    pipe.start_reading();
    // There is room once the writer has taken the queued lines.
    while (!pipe.has_read_after) {
      queue.push("after");
      after += 1;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  const std::vector<std::string> lines = pipe.lines();
  CHECK(lines.back() == "after");
  bool is_after = false;
  for (const std::string& line : lines) {
    is_after = is_after || line == "after";
    REQUIRE((!is_after || line != std::string(1000, 'x')));
  }
  const auto kept = std::count_if(lines.begin(), lines.end(),
                                  [](const std::string& line) { return !is_report(line); });
  CHECK(static_cast<size_t>(kept) + dropped(lines) == kLines + after);
  CHECK(dropped(lines) > 0);
}

TEST_CASE("the end does not wait for a reader for ever") {
  Pipe pipe;
  {
    LineQueue queue(pipe.write_end.get(), &report, Milliseconds(10));
    queue.push(std::string(1 << 20, 'x'));
  }
  pipe.write_end.release();  // the thread may write to it until the process ends
  SUCCEED();
}

TEST_CASE("a closed descriptor does no harm") {
  LineQueue queue(-1, &report);
  queue.push("into the void");
}
