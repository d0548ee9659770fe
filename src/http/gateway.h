// cpp-httplib between the front and the app: it decodes the target, guards against exceptions, and
// writes the reply. The only place that sees httplib.h. It is given a head of its own making, the
// request line alone: what the strict reader (head.h) has understood is never read a second time,
// and none of the library's own features (ranges, websockets, Accept) can be reached by a client.
#pragma once

#include <memory>
#include <string>

#include "http/app.h"

namespace authd::http {

class Gateway {
 public:
  explicit Gateway(App& app);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Appends the whole reply to `out`. With `closes` it says Connection: close. Thread-safe.
  void answer(const Exchange& exchange, bool closes, std::string& out);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

// Appends a reply to a request that could not be read, with Connection: close.
void append_refusal(std::string& out, int status, std::string_view message,
                    std::string_view request_id);

}  // namespace authd::http
