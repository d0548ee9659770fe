// Converts images for the server, which never decodes one itself: each image has its own process
// (worker.h), which has ended by the time the answer arrives. A hostile image can cost no more than
// that process.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"

namespace authd::media {

struct ConverterOptions {
  std::string program = "/proc/self/exe";  // run with kWorkerArgument
  unsigned max_workers = 2;                // at a time; as many again may wait for their turn
  Milliseconds patience{2'000};            // how long they wait
  Milliseconds deadline{10'000};           // for a worker; it has 5 s of processor time
};

// Thread-safe.
class Converter {
 public:
  Converter(Log& log, const Clock& clock, ConverterOptions options = {});

  // Converts `file` to the JPEG for avatars: at most 500x500 and kMaxAvatar bytes (avatar.h).
  // Errors: `too_large` beyond kMaxFile; `invalid`, field "image", when it is not a PNG, JPEG or
  // GIF, is damaged, is larger than 2000x2000, or exceeded the worker's limits; `busy` when too
  // many are already waiting; `unavailable` when no worker starts, or none ends in time (the log
  // says why).
  Result<std::string> to_avatar(std::string_view file);

 private:
  class Turn;  // one of max_workers
  Result<std::string> ask_worker(std::string_view file);

  Log& log_;
  const Clock& clock_;
  const ConverterOptions options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  unsigned working_ = 0;
  unsigned waiting_ = 0;
};

}  // namespace authd::media
