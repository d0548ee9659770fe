#include "http/wire/head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/encoding.h"
#include "base/text.h"

namespace authd::http {
namespace {

// token (RFC 9110 section 5.6.2)
constexpr std::array<bool, 256> kTokenChars = [] {
  std::array<bool, 256> is_token{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    is_token[static_cast<uint8_t>(c)] = true;
  }
  return is_token;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kTokenChars[static_cast<uint8_t>(c)]; });
}

bool is_control(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte < 0x20 || byte == 0x7f;
}

// field-value (RFC 9110 section 5.5): visible characters, spaces, tabs and bytes above 127.
bool is_field_value(std::string_view text) {
  return !has_control(text) ||
         std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || !is_control(c); });
}

HeadResult refuse(int status, const char* reason) {
  HeadResult result;
  result.parsed = Parsed::refused;
  result.status = status;
  result.reason = reason;
  return result;
}

std::optional<Method> parse_method(std::string_view text) {
  for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                              Method::del, Method::options}) {
    if (text == name(method)) return method;
  }
  return std::nullopt;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

// Visible ASCII, at least one; every '%' followed by two hex digits, none of them a NUL; no
// fragment.
bool is_target(std::string_view target) {
  if (target.empty()) return false;
  for (size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c <= 0x20 || c >= 0x7f || c == '#') return false;
    if (c != '%') continue;
    if (i + 2 >= target.size()) return false;
    const int high = hex_value(target[i + 1]);
    const int low = hex_value(target[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
  }
  return true;
}

// uri-host [":" port] (RFC 9110 section 7.2), by its characters only.
bool is_authority(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:[]").find(c) != std::string_view::npos;
  });
}

// Splits an absolute-form target (RFC 9112 section 3.2.2) into host and origin-form.
bool take_authority(Head& head) {
  std::string_view rest = head.target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!rest.starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    const size_t slash = std::min(rest.find_first_of("/?"), rest.size());
    head.host = rest.substr(0, slash);
    head.target = slash == rest.size() ? std::string_view("/") : rest.substr(slash);
    return head.target.front() == '/' && is_authority(head.host);
  }
  return false;
}

// RFC 3986 section 6.2.2.2: unreserved characters need no encoding. A path that encodes them, or a
// slash, would be one path to a proxy's rules and another to the routes.
bool is_canonical(std::string_view path) {
  for (size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    const std::optional<std::string> byte = hex_decode(path.substr(at + 1, 2));
    if (!byte || byte->size() != 1) return false;
    const char c = byte->front();
    const bool is_unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                               (c >= '0' && c <= '9') ||
                               std::string_view("-._~").find(c) != std::string_view::npos;
    if (is_unreserved || c == '/' || c == '\\' || c == '\0') return false;
  }
  return true;
}

struct Line {
  const char* refusal = nullptr;
  int status = 400;
  bool is_http_1_0 = false;
};

Line parse_request_line(std::string_view line, Head& head) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {"the request line is malformed"};
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  head.target = line.substr(first + 1, last - first - 1);
  if (!is_token(method)) return {"the method is malformed"};
  if (version.size() != 8 || !version.starts_with("HTTP/")) return {"the version is malformed"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {"only HTTP/1.1 is supported", 505};
  if (head.target.size() > kMaxTarget) return {"the address is too long", 414};
  if (!is_target(head.target)) return {"the address is malformed"};
  const std::optional<Method> known = parse_method(method);
  if (!known) return {"this method is not supported", 501};
  head.method = *known;
  const bool is_asterisk = head.target == "*" && head.method == Method::options;
  if (!is_asterisk && head.target.front() != '/' && !take_authority(head)) {
    return {"the address is malformed"};
  }
  head.path = head.target.substr(0, head.target.find('?'));
  if (!is_canonical(head.path))
    return {"the address percent-encodes characters that need no encoding"};
  return {nullptr, 0, version == "HTTP/1.0"};
}

// True when the comma-separated list has the token.
bool list_has(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (equal_names(trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

struct Framing {
  size_t hosts = 0;
  size_t lengths = 0;
  size_t codings = 0;
};

// Applies what a header means for the framing; returns the refusal, if any.
Line apply_header(std::string_view key, std::string_view value, bool is_http_1_0, Framing& framing,
                  Head& head) {
  if (equal_names(key, "host")) {
    framing.hosts += 1;
    if (!is_authority(value)) return {"the Host header is malformed"};
    if (head.host.empty()) head.host = value;  // The host of an absolute target wins.
  } else if (equal_names(key, "content-length")) {
    framing.lengths += 1;
    const auto [at, failure] =
        std::from_chars(value.data(), value.data() + value.size(), head.content_length);
    if (failure != std::errc() || at != value.data() + value.size()) {
      return {"the Content-Length is malformed"};
    }
  } else if (equal_names(key, "transfer-encoding")) {
    framing.codings += 1;
    if (!equal_names(value, "chunked"))
      return {"only the chunked transfer coding is supported", 501};
    head.is_chunked = true;
  } else if (equal_names(key, "connection")) {
    // HTTP/1.0 connections are not kept (RFC 9112 section 9.3 leaves that to the server).
    if (list_has(value, "close")) head.keeps_alive = false;
  } else if (equal_names(key, "expect")) {
    if (!equal_names(value, "100-continue")) return {"this expectation is not supported", 417};
    head.expects_continue = !is_http_1_0;
  }
  return {};
}

Line parse_headers(std::string_view lines, bool is_http_1_0, Head& head) {
  constexpr size_t kUsual = 16;  // what browsers and proxies send
  head.headers.reserve(kUsual);
  Framing framing;
  while (!lines.empty()) {
    const size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    if (line.front() == ' ' || line.front() == '\t') return {"folded header lines are refused"};
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return {"a header is malformed"};
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) return {"a header has a control character"};
    if (head.headers.size() == kMaxHeaders) return {"there are too many headers", 431};
    const std::string_view key = line.substr(0, colon);
    head.headers.emplace_back(key, value);
    const Line applied = apply_header(key, value, is_http_1_0, framing, head);
    if (applied.refusal != nullptr) return applied;
  }
  if (framing.hosts > 1 || (framing.hosts == 0 && !is_http_1_0)) {
    return {"there must be one Host header"};
  }
  if (framing.lengths > 1) return {"there is more than one Content-Length"};
  if (framing.codings > 1 || (framing.codings == 1 && (framing.lengths > 0 || is_http_1_0))) {
    return {"Transfer-Encoding is refused twice, beside Content-Length, and in HTTP/1.0"};
  }
  return {};
}

}  // namespace

bool has_control(std::string_view text) {
  // Eight bytes at a time: a token has hundreds, and each request brings one.
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = kOnes * 0x80;
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= text.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    const uint64_t below_space = (word - kOnes * 0x20) & ~word;
    const uint64_t without_del = word ^ kOnes * 0x7f;
    const uint64_t is_del = (without_del - kOnes) & ~without_del;
    if (((below_space | is_del) & kHighs) != 0) return true;
  }
  return std::any_of(text.begin() + static_cast<ptrdiff_t>(at), text.end(), is_control);
}

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

const std::string_view* Head::find(std::string_view wanted) const {
  for (const auto& [key, value] : headers) {
    if (equal_names(key, wanted)) return &value;
  }
  return nullptr;
}

std::optional<std::string_view> Head::find_name(bool (*is_wanted)(std::string_view)) const {
  for (const auto& header : headers) {
    if (is_wanted(header.first)) return header.first;
  }
  return std::nullopt;
}

void Head::follow(std::string_view buffer) {
  const auto now = reinterpret_cast<uintptr_t>(buffer.data());
  if (now == place) return;
  // By numbers, because a pointer into a buffer that is gone may not be used. The target "/" of an
  // address without a path is in no buffer, and stays.
  const auto move = [&](std::string_view& view) {
    const uintptr_t at = reinterpret_cast<uintptr_t>(view.data()) - place;
    if (at <= bytes) view = buffer.substr(at, view.size());
  };
  for (std::string_view* view : {&target, &path, &host})
    move(*view);
  for (auto& [key, value] : headers) {
    move(key);
    move(value);
  }
  place = now;
}

HeadResult parse_head(std::string_view buffer, size_t& searched, size_t max_header) {
  // Every line must end with CR LF. Checked at once, so that nobody waits for the end of a head
  // that is already invalid.
  size_t end = std::string_view::npos;
  for (size_t at = buffer.find('\n', searched); at != std::string_view::npos;
       at = buffer.find('\n', at + 1)) {
    if (at == 0 || buffer[at - 1] != '\r') return refuse(400, "a line does not end with CR LF");
    if (at >= 3 && buffer[at - 2] == '\n') {
      end = at + 1;
      break;
    }
    searched = at + 1;
  }
  if ((end == std::string_view::npos ? buffer.size() : end) > max_header) {
    const bool is_first_line = buffer.find('\n') >= max_header;
    return is_first_line ? refuse(414, "the address is too long")
                         : refuse(431,
                                  "the headers are longer than server.max_header; in a "
                                  "browser, delete the cookies of this site");
  }
  if (end == std::string_view::npos) return {};
  HeadResult result;
  result.head.bytes = end;
  result.head.place = reinterpret_cast<uintptr_t>(buffer.data());
  const std::string_view text = buffer.substr(0, end - 2);  // every line with its CR LF
  const size_t line_end = text.find("\r\n");
  if (text.substr(0, line_end).find('\0') != std::string_view::npos) {
    return refuse(400, "the request line contains a NUL byte");
  }
  const Line line = parse_request_line(text.substr(0, line_end), result.head);
  if (line.refusal != nullptr) return refuse(line.status, line.refusal);
  result.head.keeps_alive = !line.is_http_1_0;
  const Line headers = parse_headers(text.substr(line_end + 2), line.is_http_1_0, result.head);
  if (headers.refusal != nullptr) return refuse(headers.status, headers.refusal);
  result.parsed = Parsed::complete;
  return result;
}

}  // namespace authd::http
