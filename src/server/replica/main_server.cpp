#include "server/replica/main_server.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/text.h"

namespace authd::server {
namespace {

constexpr std::string_view kUnix = "unix:";
// Beyond the time for which the main server was asked to wait, at least; for a copy, in all.
constexpr Milliseconds kSlack{500};
constexpr Milliseconds kPageLimit{10'000};
// Of a page: one commit is never torn apart.
constexpr size_t kMaxPage = 16 << 20;

// RFC 6749 section 2.3.1.
std::string basic(const auth::ReplicaClient& client) {
  const std::string pair = percent_encode(client.id) + ":" + percent_encode(client.secret.reveal());
  return "Authorization: Basic " + base64_encode(pair);
}

fetch::Route route_of(const config::Config& config) {
  return {config.fetch.proxy, joined(config.fetch.no_proxy, ","), config.fetch.ca_file};
}

// What the main server says about it, for the log.
std::string cause_of(const fetch::Reply& reply) {
  const Result<JsonObject> body = JsonObject::parse(reply.body);
  const std::string message =
      body ? body->optional_string("detail").value_or(std::nullopt).value_or("") : "";
  return "the main server answered " + std::to_string(reply.status) +
         (message.empty() ? "" : ": " + message);
}

Error refusal(const fetch::Reply& reply) {
  switch (reply.status) {
    case 401:
    case 403: return Error{ErrorCode::forbidden, cause_of(reply)};
    case 409: return Error{ErrorCode::conflict, cause_of(reply)};
    default: return Error{ErrorCode::unavailable, cause_of(reply)};
  }
}

}  // namespace

MainServer::MainServer(const config::Config& config, const auth::ReplicaClient& client,
                       Milliseconds limit, Stopping stopping)
    : limit_(limit), connection_(route_of(config)) {
  const std::string& of = config.replica.of;
  request_.headers = {basic(client)};
  request_.stopping = std::move(stopping);
  request_.max_bytes = kMaxPage;
  origin_ = of;
  if (!of.starts_with(kUnix)) return;
  request_.unix_socket = of.substr(kUnix.size());
  request_.takes_plain_http = true;
  origin_ = "http://127.0.0.1";  // for libcurl, which connects to no address
}

Result<fetch::Reply> MainServer::ask(const std::string& path, Milliseconds limit,
                                     std::string form) {
  fetch::Request request = request_;
  request.url = origin_ + "/api/v1/replica/" + path;
  request.timeout = limit;
  request.form = std::move(form);
  fetch::Reply reply = TRY(connection_.send(request));
  if (reply.status == 200 || reply.status == 204) return reply;
  return refusal(reply);
}

Result<store::Page> MainServer::changes(const store::Place& after, Milliseconds wait) {
  const bool waits = wait > Milliseconds(0);
  const std::string path = "changes?after=" + store::text_of(after) +
                           (waits ? "&wait=" + std::to_string(wait.count()) + "ms" : "");
  // As long again: a connection that has died without a word costs two thirds of the lease.
  const Milliseconds limit = waits ? wait + std::max(wait, kSlack) : limit_;
  return store::parse_page(TRY(ask(path, limit)).body);
}

Result<store::Page> MainServer::records(std::string_view from) {
  const std::string path = from.empty() ? "records" : "records?from=" + hex_encode(from);
  return store::parse_page(TRY(ask(path, kPageLimit)).body);
}

Result<MainServer::Settings> MainServer::settings() {
  const JsonObject body = TRY(JsonObject::parse(TRY(ask("settings", limit_)).body));
  const JsonObject settings = TRY(body.object("settings"));
  Settings found{TRY(body.string("tag")), {}};
  for (const std::string& key : settings.keys()) {
    if (auth::is_shared_setting(key)) found.values.emplace(key, TRY(settings.string(key)));
  }
  return found;
}

Result<void> MainServer::tell_used(const std::string& form) {
  TRY(ask("activity", kPageLimit, form));
  return {};
}

}  // namespace authd::server
