// What an endpoint sees of HTTP: a Request that is complete and checked, and a Reply. Nothing here
// knows about sockets or users.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/json_writer.h"
#include "base/result.h"
#include "base/time.h"

namespace authd::http {

enum class Method { get, head, post, put, patch, del, options };
std::string_view name(Method method);  // "GET", …

// Valid while its handler runs; every view points into the connection's buffer or the Request.
class Request {
 public:
  Method method = Method::get;  // HEAD is routed as GET and arrives as head
  std::string_view path;        // percent-decoded once, without the query; starts with '/'
  std::string_view target;      // path and query as they were sent
  std::string_view body;        // whole, de-chunked
  std::string_view route;       // pattern of the matched route, for logs and metrics
  std::string_view request_id;
  std::string_view host;       // as the client sent it (behind a trusted proxy: X-Forwarded-Host)
  IpAddress client;            // behind a trusted proxy: the nearest address that is not one
  bool secure = false;         // the client used https (to us, or to a trusted proxy)
  bool is_from_proxy = false;  // a trusted one, whose word on the original request is believed
  SteadyTime received;         // when the request was complete
  // Whether the thread may wait: it is none of the socket threads (http/app/router.h, Lane).
  bool may_wait = false;
  // Whether Reply::parked() is an answer: the route allows it, the server is not ending, and there
  // is a place.
  bool may_park = false;

  virtual ~Request() = default;

  // First value of the header, names compared without case; nullopt when absent.
  virtual std::optional<std::string_view> header(std::string_view name) const = 0;
  // How often the header occurs: code that reads a credential refuses one that was sent twice.
  virtual size_t header_count(std::string_view name) const = 0;
  // The name, as sent, of the first header for whose name the function returns true.
  virtual std::optional<std::string_view> find_name(bool (*is_wanted)(std::string_view)) const = 0;
  // Decoded value of a query parameter (first one).
  virtual std::optional<std::string_view> query(std::string_view name) const = 0;
  // All of them, decoded.
  virtual std::span<const std::pair<std::string, std::string>> queries() const = 0;
  // Value of ":name" in the route's pattern. CHECKs that the pattern has it.
  std::string_view param(std::string_view name) const;

  std::vector<std::pair<std::string_view, std::string_view>> params;

 protected:
  Request() = default;
};

struct Reply {
  int status = 200;
  std::string body;
  // Instead of `body`: bytes that stay valid for as long as the server runs. They are sent without
  // a copy.
  std::string_view fixed;
  // The length of a body that was not produced, because the request was HEAD.
  std::optional<size_t> unmade;
  std::string content_type;  // empty if there is no body
  std::vector<std::pair<std::string, std::string>> headers;
  std::string refusal;  // for the log: the name of the error, if it is one
  // Instead of a reply: see parked().
  std::optional<SteadyTime> parked_until;

  static Reply json(int status, JsonWriter&& json);  // application/json, Cache-Control: no-store
  static Reply no_content();                         // 204
  static Reply text(int status, std::string body);   // text/plain; charset=utf-8
  // There is nothing to say yet. The same request is handled again when the state of the store has
  // changed (FrontOptions::state), and at `until` at the latest, when it has to answer. Only where
  // Request::may_park.
  static Reply parked(SteadyTime until);
  // What Content-Length says.
  size_t size() const { return unmade.value_or(fixed.empty() ? body.size() : fixed.size()); }
  Reply& with(std::string name, std::string value) &;
  Reply&& with(std::string name, std::string value) &&;
};

}  // namespace authd::http
