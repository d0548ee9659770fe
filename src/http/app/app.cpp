#include "http/app/app.h"

#include <algorithm>
#include <optional>

#include "base/encoding.h"
#include "http/app/cors.h"
#include "http/app/error_reply.h"
#include "http/app/logged_path.h"
#include "http/app/proxies.h"

namespace authd::http {
namespace {

// The sites whose scripts may read what is at this address.
const std::vector<std::string>& origins_for(const Router::Match& match, const Policy& policy) {
  static const std::vector<std::string> every_site = {"*"};
  const bool is_for_all = match.at_path != nullptr && match.at_path->for_any_origin;
  return is_for_all ? every_site : policy.cors.allowed_origins;
}

constexpr size_t kRequestIdPrefixBytes = 8;
static_assert(sizeof(App::RequestId) == 2 * (kRequestIdPrefixBytes + sizeof(uint32_t)));
constexpr size_t kMaxRequestId = 64;

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestId &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

// Without the port, but keeping a bare IPv6 address whole.
std::string_view without_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos)
    return host;
  return host.substr(0, colon);
}

bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed) {
  const std::string_view bare = without_port(host);
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) {
    if (one == "*" || equal_names(one, host) || equal_names(one, bare)) return true;
    if (!one.starts_with("*.")) return false;
    const std::string_view suffix = std::string_view(one).substr(1);  // ".example.org"
    return bare.size() > suffix.size() &&
           equal_names(bare.substr(bare.size() - suffix.size()), suffix);
  });
}

bool has_password(const Head& head) {
  constexpr std::string_view kBasic = "Basic ";
  const std::string_view* header = head.find("authorization");
  return header != nullptr && equal_names(header->substr(0, kBasic.size()), kBasic);
}

// What the text means is for the handler to say; where it is not as it was looked for, the request
// may not wait (Request::may_wait).
Lane lane_of(const Route& route, const Head& head, std::string_view body) {
  if (route.takes_basic && has_password(head)) return Lane::slow;
  const bool waits = !route.waits_for.empty() && body.find(route.waits_for) != body.npos;
  return waits ? Lane::write : route.lane;
}

// What tells browsers to use https from now on (RFC 6797); empty: nothing does. It concerns every
// port of the host, so it is not sent where public_url names a port: something else may be served
// beside it by http.
std::string hsts_of(const FrontOptions& options) {
  constexpr std::string_view kScheme = "https://";
  if (options.server.force_https) return "max-age=31536000; includeSubDomains";
  if (!options.public_url.starts_with(kScheme)) return "";
  const std::string_view host = std::string_view(options.public_url).substr(kScheme.size());
  const std::string_view authority = host.substr(0, host.find('/'));
  const bool is_alone = without_port(authority) == authority && !is_loopback_host(authority);
  return is_alone ? "max-age=31536000" : "";
}

}  // namespace

// One request on its way through.
struct App::Context final : public Request {
  Context(const Exchange& from, const DecodedTarget& decoded_target)
      : exchange(from), decoded(decoded_target) {
    method = from.head.method;
    path = decoded.path;
    target = from.head.target;
    body = from.body;
    received = from.received;
  }

  std::optional<std::string_view> header(std::string_view wanted) const override {
    const std::string_view* value = exchange.head.find(wanted);
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  size_t header_count(std::string_view wanted) const override {
    const auto& headers = exchange.head.headers;
    return static_cast<size_t>(std::count_if(headers.begin(), headers.end(), [&](const auto& one) {
      return equal_names(one.first, wanted);
    }));
  }
  std::optional<std::string_view> find_name(bool (*is_wanted)(std::string_view)) const override {
    return exchange.head.find_name(is_wanted);
  }
  std::optional<std::string_view> query(std::string_view wanted) const override {
    for (const auto& [key, value] : decoded.query) {
      if (key == wanted) return value;
    }
    return std::nullopt;
  }

  std::span<const std::pair<std::string, std::string>> queries() const override {
    return decoded.query;
  }

  const Exchange& exchange;
  const DecodedTarget& decoded;
  std::string id;
  std::shared_ptr<const Policy> policy;
  Router::Match match;
  const Route* matched = nullptr;  // match.route, once the request has got as far as it
  std::optional<RateLimiter::Decision> limited;
};

App::App(Router router, const FrontOptions& options, Log& log, const Clock& clock, Random& random,
         Metrics& metrics)
    : router_(std::move(router)),
      force_https_(options.server.force_https),
      hsts_(hsts_of(options)),
      max_body_(options.server.max_body),
      public_url_(options.public_url),
      missing_(options.missing),
      log_(log),
      clock_(clock),
      request_id_prefix_(hex_encode(random.bytes(kRequestIdPrefixBytes))),
      metrics_(metrics),
      policy_(std::make_shared<const Policy>(options.policy)) {
  metrics_.set_routes(router_.routes());
}

App::RequestId App::make_request_id() {
  // Unique, not secret: asking the kernel for randomness would cost more than the rest of the id.
  const uint32_t number = request_count_.fetch_add(1, std::memory_order_relaxed);
  RequestId id;
  char* at = std::copy(request_id_prefix_.begin(), request_id_prefix_.end(), id.begin());
  for (int shift = 28; shift >= 0; shift -= 4)
    *at++ = "0123456789abcdef"[number >> shift & 0xf];
  return id;
}

std::string App::next_request_id() {
  const RequestId id = make_request_id();
  return std::string(id.data(), id.size());
}

void App::set_policy(Policy policy) {
  auto next = std::make_shared<const Policy>(std::move(policy));
  const std::lock_guard lock(mutex_);
  policy_ = std::move(next);
}

std::shared_ptr<const Policy> App::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

App::Admission App::admit(const Head& head, std::string_view body, const IpAddress& peer,
                          SteadyTime received) {
  const Router::Match match = router_.find(head.method, head.path);
  if (match.route == nullptr) return {};
  const Lane lane = lane_of(*match.route, head, body);
  if (lane == Lane::fast) return {};
  const std::shared_ptr<const Policy> current = policy();
  const IpAddress client = find_client(head, peer, false, *current).address;
  return {lane, take(match.route->limit, *current, client, received),
          match.route->parks && body.empty()};
}

size_t App::body_limit(const Head& head) const {
  const Router::Match match = router_.find(head.method, head.path);
  if (match.route == nullptr || match.route->max_body <= max_body_) return max_body_;
  Exchange exchange;
  exchange.head = head;
  const DecodedTarget target;
  const Context context(exchange, target);
  const bool is_admitted = !match.route->admits || match.route->admits(context);
  return is_admitted ? match.route->max_body : max_body_;
}

IpAddress App::client_of(const Head& head, const IpAddress& peer) const {
  return find_client(head, peer, false, *policy()).address;
}

Reply App::handle(const Exchange& exchange, const DecodedTarget& target) {
  Context context(exchange, target);
  const std::string_view* inbound = exchange.head.find("x-request-id");
  context.id =
      inbound != nullptr && is_request_id(*inbound) ? std::string(*inbound) : next_request_id();
  context.request_id = context.id;
  context.policy = policy();
  const ClientOrigin origin =
      find_client(exchange.head, exchange.peer, exchange.has_tls, *context.policy);
  context.client = origin.address;
  context.secure = origin.is_secure;
  context.is_from_proxy = is_trusted(exchange.peer, context.policy->ingress.trusted_proxies);
  context.host = origin.host;

  context.match = router_.find(context.method, context.path);

  Reply reply = respond(context);
  if (reply.parked_until) return reply;

  // RFC 9110 section 15.5.16: it says which codings would have been read.
  constexpr int kUnsupported = 415;
  if (reply.status == kUnsupported && context.header("content-encoding"))
    reply.with("Accept-Encoding", "identity");
  allow_origin(reply, context.header("origin").value_or(""),
               origins_for(context.match, *context.policy));
  reply.with("X-Request-ID", context.id);
  if (context.limited) {
    reply.with("RateLimit-Limit", std::to_string(context.limited->limit));
    reply.with("RateLimit-Remaining", std::to_string(context.limited->remaining));
    reply.with("RateLimit-Reset", std::to_string(context.limited->reset_s));
  }
  if (context.secure && !hsts_.empty()) reply.with("Strict-Transport-Security", hsts_);

  const SteadyTime::duration took = clock_.steady_now() - exchange.received;
  metrics_.record(context.matched, reply.status, took);
  if (log_.enabled(LogLevel::info)) log_request(context, reply, took);
  return reply;
}

void App::log_request(const Context& context, const Reply& reply, SteadyTime::duration took) {
  constexpr int kFirstRefusal = 400;
  const config::RequestLog wanted = context.policy->request_log;
  if (wanted == config::RequestLog::none) return;
  if (wanted == config::RequestLog::refused && reply.status < kFirstRefusal) return;
  // Most paths are logged as they are: copying them would be for nothing.
  std::string_view path = context.path;
  std::string made;
  const Route* at_path = context.match.at_path;
  if (at_path == nullptr || at_path->hides_path) {
    path = made = logged_path(router_, at_path, context.path);
  }
  const std::string client = context.client.to_string();
  const double took_ms = std::chrono::duration<double, std::milli>(took).count();
  if (reply.refusal.empty()) {
    log_.info("request", {{"request_id", context.id},
                          {"method", name(context.method)},
                          {"path", path},
                          {"route", context.route},
                          {"status", reply.status},
                          {"bytes", reply.size()},
                          {"duration_ms", took_ms},
                          {"client", client}});
    return;
  }
  log_.info("request", {{"request_id", context.id},
                        {"method", name(context.method)},
                        {"path", path},
                        {"route", context.route},
                        {"status", reply.status},
                        {"error", reply.refusal},
                        {"bytes", reply.size()},
                        {"duration_ms", took_ms},
                        {"client", client}});
}

Reply App::respond(Context& context) {
  if (context.exchange.is_overloaded) {
    return error_reply(
        {ErrorCode::busy, "Too many requests are already waiting; try again in a moment."},
        context.id);
  }
  const bool is_probe = context.match.at_path != nullptr && context.match.at_path->is_probe;
  if (!is_probe && !is_allowed_host(context.host, context.policy->ingress.allowed_hosts)) {
    // RFC 9110 section 15.5.20: this server does not answer for that host.
    return status_reply(421, "misdirected_request", "This host is not served here.", context.id);
  }
  const bool is_forced = force_https_ && !context.secure && !is_probe;
  if (is_forced || context.exchange.is_redirected) {
    if (context.method != Method::get && context.method != Method::head) {
      return status_reply(403, "https_required",
                          "Use https; what was sent may have been read by others.", context.id);
    }
    if (logged_path(router_, context.match.at_path, context.path) != context.path) {
      // A token in a Location would end up in other people's logs.
      return status_reply(403, "https_required",
                          "This link was opened without https, so others may have seen it. Open it "
                          "with https, or ask for a new one.",
                          context.id);
    }
    Reply reply = Reply::text(308, "Use https.\n");
    return std::move(reply).with("Location",
                                 public_url_ + std::string(context.exchange.head.target));
  }
  return route(context);
}

Reply App::route(Context& context) {
  Router::Match& match = context.match;
  if (context.method == Method::options && context.target == "*") {
    // RFC 9110 section 9.3.7: a question about the server as a whole, which any server may be
    // asked.
    return Reply::no_content().with("Allow", router_.methods());
  }
  if (match.at_path == nullptr) {
    if (std::optional<Reply> page = missing_ ? missing_(context) : std::nullopt)
      return std::move(*page);
    return error_reply({ErrorCode::not_found, "There is nothing at this address."}, context.id);
  }
  if (match.route == nullptr) {
    const bool is_preflight = context.method == Method::options &&
                              context.header("access-control-request-method").has_value();
    if (is_preflight) {
      return preflight(match.allowed, context.header("origin").value_or(""),
                       origins_for(context.match, *context.policy));
    }
    Reply reply = context.method == Method::options
                      ? Reply::no_content()
                      : status_reply(405, "method_not_allowed", "This method is not allowed here.",
                                     context.id);
    return std::move(reply).with("Allow", match.allowed);
  }
  context.matched = match.route;
  context.route = match.route->pattern;
  context.params = std::move(match.params);
  context.may_park = context.exchange.may_park;
  context.may_wait = lane_of(*match.route, context.exchange.head, context.body) != Lane::fast;
  if (std::optional<Reply> refusal = limit(context, *context.policy)) return std::move(*refusal);
  Result<Reply> reply = match.route->handler(context);
  if (!reply) return error_reply(reply.error(), context.id);
  return std::move(*reply);
}

std::optional<RateLimiter::Decision> App::take(Limit limit, const Policy& policy,
                                               const IpAddress& client, SteadyTime now) {
  const config::Rate* rate = policy.rate_limit.rate_of(limit);
  if (rate == nullptr) return std::nullopt;
  return limiter_.take(limit, *rate, client, now);
}

std::optional<Reply> App::limit(Context& context, const Policy& policy) {
  context.limited = context.exchange.limited;
  if (!context.limited) {
    context.limited = take(context.matched->limit, policy, context.client, context.received);
  }
  if (!context.limited || context.limited->is_allowed) return std::nullopt;
  rate_limited_.fetch_add(1, std::memory_order_relaxed);
  Error error{ErrorCode::rate_limited, "Too many requests; try again later."};
  error.retry_after_s = context.limited->retry_after_s;
  return error_reply(error, context.id);
}

std::string_view security_headers() {
  // A reply of the API is never a document: nothing in it may load, be framed, or be guessed to be
  // another type (OWASP REST Security Cheat Sheet). Pages bring their own Content-Security-Policy.
  return "X-Content-Type-Options: nosniff\r\n"
         "X-Frame-Options: DENY\r\n"
         "Cross-Origin-Resource-Policy: same-origin\r\n";
}

}  // namespace authd::http
