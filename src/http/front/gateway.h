// cpp-httplib between the front and the app: it decodes the target, guards against exceptions, and
// writes the reply. The only place that sees httplib.h. It gets a head that we write, with only the
// request line. What the strict reader (head.h) has parsed is therefore never parsed a second time,
// and clients cannot reach the library's own features (ranges, websockets, Accept).
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "http/app/app.h"

namespace authd::http {

class Gateway {
 public:
  // While `is_draining` every reply says Connection: close, even if its request began earlier.
  Gateway(App& app, const std::atomic<bool>& is_draining);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  struct Answer {
    bool closes = false;                     // The connection ends with it.
    std::optional<SteadyTime> parked_until;  // Reply::parked(): nothing was appended.
    std::string_view fixed;                  // Follows `out`, and is sent in place (Reply::fixed).
  };
  // Appends the reply to `out`, except for Answer::fixed. Throws only std::bad_alloc, possibly
  // after appending a part. Thread-safe.
  Answer answer(const Exchange& exchange, std::string& out);

 private:
  class Server;
  const std::atomic<bool>& is_draining_;
  std::unique_ptr<Server> server_;
};

// A 503 reply with Connection: close that allocates no memory, for when there is none.
class OutOfMemoryReply {
 public:
  explicit OutOfMemoryReply(const App::RequestId& request_id);
  std::string_view text() const { return {buffer_.data(), size_}; }

 private:
  std::array<char, 1024> buffer_;
  size_t size_ = 0;
};

// Appends a reply to a request that could not be read, with Connection: close.
void append_refusal(std::string& out, int status, std::string_view message,
                    std::string_view request_id);

}  // namespace authd::http
