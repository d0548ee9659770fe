#include "http/wire/message.h"

#include "base/check.h"

namespace authd::http {

std::string_view name(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::options: return "OPTIONS";
  }
  __builtin_unreachable();
}

std::string_view Request::param(std::string_view wanted) const {
  for (const auto& [key, value] : params) {
    if (key == wanted) return value;
  }
  UNREACHABLE();
}

Reply Reply::json(int status, JsonWriter&& json) {
  Reply reply;
  reply.status = status;
  reply.body = json.take();
  reply.content_type = "application/json";
  return reply;
}

Reply Reply::no_content() {
  Reply reply;
  reply.status = 204;
  return reply;
}

Reply Reply::parked(SteadyTime until) {
  Reply reply;
  reply.parked_until = until;
  return reply;
}

Reply Reply::text(int status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.content_type = "text/plain; charset=utf-8";
  return reply;
}

Reply& Reply::with(std::string header, std::string value) & {
  constexpr size_t kUsual = 8;
  if (headers.empty()) headers.reserve(kUsual);
  headers.emplace_back(std::move(header), std::move(value));
  return *this;
}

Reply&& Reply::with(std::string header, std::string value) && {
  return std::move(with(std::move(header), std::move(value)));
}

}  // namespace authd::http
