#include "http/front/gateway.h"

// The library sets this many bytes to zero for each body; ours comes from memory in any portions.
#define CPPHTTPLIB_RECV_BUFSIZ size_t(2048u)
#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <iterator>
#include <new>

#include "base/check.h"
#include "http/app/error_reply.h"

namespace authd::http {
namespace {

// Reads from one text and writes to another.
class TextStream final : public httplib::Stream {
 public:
  TextStream(std::string_view in, std::string& out) : in_(in), out_(out) {}

  bool is_readable() const override { return true; }
  bool wait_readable() const override { return true; }
  bool wait_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const size_t taken = std::min(size, in_.size());
    std::memcpy(to, in_.data(), taken);
    in_.remove_prefix(taken);
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* from, size_t size) override {
    out_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }
  time_t duration() const override { return 0; }

 private:
  std::string_view in_;
  std::string& out_;
};

constexpr std::string_view kNoContentPolicy =
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";

// Pages with forms, and those of a sign-in, have other ones: an application may have opened them in
// a window of its own.
constexpr std::string_view kNoReferrer = "Referrer-Policy: no-referrer\r\n";
constexpr std::string_view kOwnWindow = "Cross-Origin-Opener-Policy: same-origin\r\n";

// What the library's handlers, which all threads share, work on.
struct Current {
  const Exchange* exchange = nullptr;
  bool closes = false;
  Reply reply;  // the library holds its body while the head is written
  size_t body_bytes = 0;
};
thread_local Current* current = nullptr;

// Even if an exception leaves the library.
struct CurrentScope {
  explicit CurrentScope(Current& now) { current = &now; }
  ~CurrentScope() { current = nullptr; }
  CurrentScope(const CurrentScope&) = delete;
  CurrentScope& operator=(const CurrentScope&) = delete;
};

void append_header(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  out += ": ";
  // A value comes from our own code, but may contain a client's text: a line break in it would
  // start a new header.
  if (!has_control(value)) {
    out += value;
  } else {
    std::copy_if(value.begin(), value.end(), std::back_inserter(out), [](char c) {
      return !has_control({&c, 1});
    });
  }
  out += "\r\n";
}

bool has_header(const Reply& reply, std::string_view name) {
  for (const auto& header : reply.headers) {
    if (equal_names(header.first, name)) return true;
  }
  return false;
}

// All headers of a reply, including the empty line.
void append_headers(std::string& out, const Reply& reply, size_t body_bytes, bool closes) {
  for (const auto& [key, value] : reply.headers)
    append_header(out, key, value);
  if (!reply.content_type.empty()) append_header(out, "Content-Type", reply.content_type);
  // RFC 9110 section 8.6: none with 204, and with 304 the length of the body not sent.
  if (reply.status != 204 && reply.status != 304)
    append_header(out, "Content-Length", std::to_string(body_bytes));
  if (!has_header(reply, "Cache-Control")) out += "Cache-Control: no-store\r\n";
  if (!has_header(reply, "Content-Security-Policy")) out += kNoContentPolicy;
  if (!has_header(reply, "Referrer-Policy")) out += kNoReferrer;
  if (!has_header(reply, "Cross-Origin-Opener-Policy")) out += kOwnWindow;
  out += security_headers();
  if (closes) out += "Connection: close\r\n";
  out += "\r\n";
}

bool is_out_of_memory(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

void take_reply(Reply reply, httplib::Response& res) {
  res.status = reply.status;
  current->body_bytes = reply.size();
  res.body = std::move(reply.body);
  current->reply = std::move(reply);
}

}  // namespace

class Gateway::Server final : public httplib::Server {
 public:
  Server(App& app, const std::atomic<bool>& is_draining) {
    set_pre_routing_handler([&app](const httplib::Request& req, httplib::Response& res) {
      DecodedTarget target{req.path, {}};
      for (const auto& [key, value] : req.params)
        target.query.emplace_back(key, value);
      take_reply(app.handle(*current->exchange, target), res);
      return HandlerResponse::Handled;
    });
    set_exception_handler(
        [](const httplib::Request&, httplib::Response& res, const std::exception_ptr& failure) {
          if (is_out_of_memory(failure)) std::rethrow_exception(failure);
          take_reply(status_reply(500, "internal_error", "Something went wrong here.", ""), res);
        });
    // The library would add its own headers and close after every error, so we write the head.
    set_header_writer([&is_draining](httplib::Stream& stream, httplib::Headers&) -> ssize_t {
      current->closes = !current->exchange->head.keeps_alive || is_draining;
      std::string head;
      head.reserve(1024);
      append_headers(head, current->reply, current->body_bytes, current->closes);
      stream.write(head.data(), head.size());
      return static_cast<ssize_t>(head.size());
    });
  }

  bool run(httplib::Stream& stream, bool& closed) {
    return process_request(stream, "", 0, "", 0, false, closed, nullptr);
  }
};

Gateway::Gateway(App& app, const std::atomic<bool>& is_draining)
    : is_draining_(is_draining), server_(std::make_unique<Server>(app, is_draining_)) {}

Gateway::~Gateway() = default;

Gateway::Answer Gateway::answer(const Exchange& exchange, std::string& out) {
  Current now;
  now.exchange = &exchange;
  const CurrentScope scope(now);
  std::string request;
  request.reserve(exchange.head.target.size() + 32);
  request += name(exchange.head.method);
  request += ' ';
  request += exchange.head.target;
  request += " HTTP/1.1\r\n\r\n";
  TextStream stream(request, out);
  bool closed = false;
  const size_t before = out.size();
  server_->run(stream, closed);
  CHECK(out.size() > before);  // Every complete request has a reply.
  Answer answer{now.closes, now.reply.parked_until, {}};
  if (answer.parked_until) {
    out.resize(before);
    return answer;
  }
  if (exchange.head.method == Method::head) return answer;
  // Below this a second system call costs more than the copy.
  constexpr size_t kCopied = 4096;
  if (now.reply.fixed.size() <= kCopied) {
    out += now.reply.fixed;
  } else {
    answer.fixed = now.reply.fixed;
  }
  return answer;
}

// The same members and headers as in error_reply() and append_headers().
OutOfMemoryReply::OutOfMemoryReply(const App::RequestId& request_id) {
  const auto add = [this](std::string_view text) {
    text.copy(buffer_.data() + size_, buffer_.size() - size_);
    size_ += text.size();
    CHECK(size_ <= buffer_.size());
  };
  constexpr std::string_view kBegin =
      R"({"error":"busy","message":"The server is short of memory.",)"
      R"("detail":"The server is short of memory.","request_id":")";
  constexpr std::string_view kEnd = "\"}";
  const std::string_view id(request_id.data(), request_id.size());
  std::array<char, 8> digits;
  const auto length =
      std::to_chars(digits.begin(), digits.end(), kBegin.size() + id.size() + kEnd.size());
  add("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nX-Request-ID: ");
  add(id);
  add("\r\nContent-Type: application/json\r\nContent-Length: ");
  add({digits.data(), static_cast<size_t>(length.ptr - digits.data())});
  add("\r\nCache-Control: no-store\r\n");
  add(kNoContentPolicy);
  add(kNoReferrer);
  add(kOwnWindow);
  add(security_headers());
  add("Connection: close\r\n\r\n");
  add(kBegin);
  add(id);
  add(kEnd);
}

void append_refusal(std::string& out, int status, std::string_view message,
                    std::string_view request_id) {
  Reply reply = status_reply(status, "bad_request", message, request_id);
  if (status == 408) reply = status_reply(status, "request_timeout", message, request_id);
  if (status == 413) reply = status_reply(status, "too_large", message, request_id);
  if (status == 503) {
    reply = status_reply(status, "busy", message, request_id);
    reply.with("Retry-After", "1");
  }
  reply.with("X-Request-ID", std::string(request_id));
  out += "HTTP/1.1 " + std::to_string(status) + " " + httplib::status_message(status) + "\r\n";
  append_headers(out, reply, reply.body.size(), true);
  out += reply.body;
}

}  // namespace authd::http
