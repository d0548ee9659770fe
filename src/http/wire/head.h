// The request line and headers, parsed strictly (RFC 9112) before anything else sees them. Anything
// that two parsers could understand differently (request smuggling) is refused here: bare LF, NUL,
// folded lines, a space before a colon, two lengths, a length together with a transfer coding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/wire/message.h"

namespace authd::http {

// Views into the connection's buffer.
struct Head {
  Method method = Method::get;
  std::string_view target;  // origin-form: path and query ("*" for OPTIONS)
  std::string_view path;    // raw, without the query
  std::string_view
      host;  // of an absolute target, else of the Host header; may be empty for HTTP/1.0
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  uint64_t content_length = 0;
  bool is_chunked = false;
  bool expects_continue = false;
  bool keeps_alive = true;
  size_t bytes = 0;     // of the head, with the empty line
  uintptr_t place = 0;  // of the buffer that the views lead into

  // First value; names are compared ignoring case.
  const std::string_view* find(std::string_view name) const;
  // Name of the first header for whose name the function is true.
  std::optional<std::string_view> find_name(bool (*is_wanted)(std::string_view)) const;

  // The views lead into `buffer` from now on, which begins with the same bytes as the one that they
  // led into before. That one may be gone.
  void follow(std::string_view buffer);
};

enum class Parsed { incomplete, complete, refused };

struct HeadResult {
  Parsed parsed = Parsed::incomplete;
  int status = 0;           // when refused: 400, 414, 417, 431, 501, 505
  const char* reason = "";  // readable text
  Head head;
};

inline constexpr size_t kMaxTarget = 8 * 1024;
inline constexpr size_t kMaxHeaders = 100;

// Reads the head at the front of `buffer`. `searched` is how much of it was already searched for
// the end; it is advanced, so that bytes that arrive slowly are not searched again and again.
HeadResult parse_head(std::string_view buffer, size_t& searched, size_t max_header);

// True if there is a byte below 0x20, or 0x7f.
bool has_control(std::string_view text);

// True when the names are equal ignoring case (ASCII).
bool equal_names(std::string_view a, std::string_view b);

}  // namespace authd::http
