#include "config/reading/store_url.h"

#include <algorithm>

namespace authd::config {
namespace {

constexpr size_t kMaxUrl = 4096;
constexpr size_t kMaxName = 63;  // of an identifier of PostgreSQL
constexpr std::string_view kMask = "***";

Error invalid(const char* message) {
  return Error{ErrorCode::invalid, message};
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_secret(std::string_view parameter) {
  return parameter == "password" || parameter == "sslpassword";
}

// The length of "postgresql://"; 0: the text is not of this form.
size_t scheme_of(std::string_view text) {
  for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
    if (text.starts_with(scheme)) return scheme.size();
  }
  return 0;
}

// A password that is not percent-encoded as it should be may have an @ or a slash in it: everything
// up to the last @ is taken for it.
std::string mask_url(std::string_view url, size_t scheme) {
  const size_t query = std::min(url.find('?'), url.size());
  std::string masked(url.substr(0, scheme));
  std::string_view rest = url.substr(scheme, query - scheme);
  const size_t at = rest.rfind('@');
  const size_t colon = rest.find(':');
  if (at != std::string_view::npos && colon < at) {
    if (colon + 1 < at) masked.append(rest.substr(0, colon + 1)).append(kMask);
    rest.remove_prefix(colon + 1 < at ? at : 0);
  }
  masked += rest;
  for (size_t begin = query; begin < url.size();) {
    const size_t end = std::min(url.find('&', begin + 1), url.size());
    const std::string_view one = url.substr(begin, end - begin);  // "?name=value", "&name=value"
    const size_t equals = std::min(one.find('='), one.size());
    const bool hides = equals + 1 < one.size() && is_secret(one.substr(1, equals - 1));
    masked.append(hides ? one.substr(0, equals + 1) : one).append(hides ? kMask : "");
    begin = end;
  }
  return masked;
}

// "name=value name = 'value with \' and spaces'", as libpq reads it.
class Settings {
 public:
  explicit Settings(std::string_view text) : rest_(text) {}

  std::string masked() {
    std::string all;
    for (skip_spaces(); !rest_.empty(); skip_spaces()) {
      const std::string_view name = take_until("= ");
      skip_spaces();
      if (name.empty() || !rest_.starts_with('=')) return std::string(kMask);
      rest_.remove_prefix(1);
      skip_spaces();
      const std::string_view value = take_value();
      if (!all.empty()) all += ' ';
      all.append(name).append("=").append(is_secret(name) && !value.empty() ? kMask : value);
    }
    return all;
  }

 private:
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  std::string_view take_until(std::string_view ends) {
    const std::string_view taken = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  // With its quotes.
  std::string_view take_value() {
    const bool is_quoted = rest_.starts_with('\'');
    size_t end = is_quoted ? 1 : 0;
    for (; end < rest_.size() && rest_[end] != (is_quoted ? '\'' : ' '); ++end) {
      if (rest_[end] == '\\') ++end;
    }
    const std::string_view taken = rest_.substr(0, end + (is_quoted ? 1 : 0));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
};

}  // namespace

Result<std::string> parse_store_url(std::string_view text) {
  const bool is_plain = text.size() <= kMaxUrl && std::all_of(text.begin(), text.end(), [](char c) {
                          return static_cast<uint8_t>(c) >= 0x20 && c != 0x7f;
                        });
  const bool is_known =
      text.empty() || scheme_of(text) > 0 ||
      (text.find("://") == std::string_view::npos && text.find('=') != std::string_view::npos);
  if (is_plain && is_known) return std::string(text);
  return invalid("must be postgresql://user@host/database, or host=… user=… dbname=…");
}

std::string masked_store_url(std::string_view url) {
  const size_t scheme = scheme_of(url);
  return scheme > 0 ? mask_url(url, scheme) : Settings(url).masked();
}

bool has_password(std::string_view url) {
  return masked_store_url(url).find(kMask) != std::string::npos;
}

Result<std::string> parse_schema(std::string_view text) {
  const bool is_name = !text.empty() && text.size() <= kMaxName && text[0] >= 'a' &&
                       text[0] <= 'z' && std::all_of(text.begin(), text.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_';
                       });
  if (is_name) return std::string(text);
  return invalid("must begin with a letter and have only a-z, 0-9 and _, at most 63 of them");
}

Result<std::string> parse_node(std::string_view text) {
  const auto is_end = [](char c) { return is_letter(c) || is_digit(c); };
  const bool is_name =
      text.empty() || (text.size() <= kMaxName && is_end(text.front()) && is_end(text.back()) &&
                       std::all_of(text.begin(), text.end(), [&](char c) {
                         return is_end(c) || c == '.' || c == '_' || c == '-';
                       }));
  if (is_name) return std::string(text);
  return invalid("must have only letters, digits, and . _ - between them, at most 63");
}

Result<std::string> parse_main_server(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  constexpr std::string_view kHttps = "https://";
  const bool is_socket = text.starts_with(std::string(kUnix) + "/") && text.size() <= 112;
  const bool is_origin = text.starts_with(kHttps) && text.size() > kHttps.size() &&
                         text.find_first_of("/?#@ ", kHttps.size()) == std::string_view::npos;
  if (text.empty() || is_socket || is_origin) return std::string(text);
  return Error{ErrorCode::invalid,
               "must be https://host, https://host:port or unix:/path: what is copied is secret"};
}

}  // namespace authd::config
