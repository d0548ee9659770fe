// A request that did not come from a socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/wire/message.h"

namespace authd::test {

using Texts = std::vector<std::pair<std::string, std::string>>;

// Header names must be in lower case. The body must outlive the request.
class FakeRequest final : public http::Request {
 public:
  explicit FakeRequest(Texts headers, Texts queries = {})
      : headers_(std::move(headers)), queries_(std::move(queries)) {}

  // The type "-" means none.
  static FakeRequest with_body(const std::string& type, std::string_view content) {
    FakeRequest request(type == "-" ? Texts{} : Texts{{"content-type", type}});
    request.body = content;
    return request;
  }

  std::optional<std::string_view> header(std::string_view name) const override {
    return find(headers_, name);
  }
  size_t header_count(std::string_view name) const override { return count(headers_, name); }
  std::optional<std::string_view> find_name(bool (*is_wanted)(std::string_view)) const override {
    for (const auto& header : headers_) {
      if (is_wanted(header.first)) return header.first;
    }
    return std::nullopt;
  }
  std::optional<std::string_view> query(std::string_view name) const override {
    return find(queries_, name);
  }
  std::span<const std::pair<std::string, std::string>> queries() const override { return queries_; }

 private:
  static std::optional<std::string_view> find(const Texts& texts, std::string_view name) {
    for (const auto& [key, value] : texts) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  static size_t count(const Texts& texts, std::string_view name) {
    size_t found = 0;
    for (const auto& text : texts)
      found += text.first == name ? 1 : 0;
    return found;
  }

  Texts headers_;
  Texts queries_;
};

}  // namespace authd::test
