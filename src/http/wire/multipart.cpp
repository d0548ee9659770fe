#include "http/wire/multipart.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "http/wire/head.h"

namespace authd::http {
namespace {

constexpr std::string_view kType = "multipart/form-data";
constexpr size_t kMaxBoundary = 70;  // RFC 2046 section 5.1.1
constexpr size_t kMaxParts = 32;
constexpr size_t kMaxPartHead = 4 * 1024;

Error malformed(const char* what) {
  return Error{ErrorCode::malformed, std::string("The form is malformed: ") + what + "."};
}

// The value of a header's parameter, without quotes; nullopt when it is absent. A quoted
// value ends at the next quote: browsers write %22 for one inside (RFC 7578 section 2).
std::optional<std::string_view> parameter(std::string_view header, std::string_view name) {
  size_t at = header.find(';');
  while (at < header.size()) {
    std::string_view rest = trimmed(header.substr(at + 1));
    const size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = trimmed(rest.substr(0, equals));
    rest = trimmed(rest.substr(equals + 1));
    const bool is_quoted = rest.starts_with('"');
    if (is_quoted) rest.remove_prefix(1);
    const size_t end = std::min(rest.find(is_quoted ? '"' : ';'), rest.size());
    if (equal_names(key, name)) return trimmed(rest.substr(0, end));
    const size_t next = rest.find(';', end);
    if (next == std::string_view::npos) return std::nullopt;
    at = static_cast<size_t>(rest.data() - header.data()) + next;
  }
  return std::nullopt;
}

Result<std::string> boundary_of(const Request& request) {
  const std::string_view header = request.header("content-type").value_or("");
  const std::string_view boundary = parameter(header, "boundary").value_or("");
  const bool is_plain = std::all_of(boundary.begin(), boundary.end(),
                                    [](char c) { return c >= ' ' && c < 0x7f && c != '"'; });
  if (boundary.empty() || boundary.size() > kMaxBoundary || !is_plain) {
    return malformed("its Content-Type has no boundary");
  }
  return "--" + std::string(boundary);
}

// Whether the part with this head is a file.
bool is_file(std::string_view head) {
  while (!head.empty()) {
    const size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!equal_names(trimmed(line.substr(0, colon)), "content-disposition")) continue;
    const std::string_view value = line.substr(colon + 1);
    return parameter(value, "filename").has_value() || parameter(value, "filename*").has_value();
  }
  return false;
}

}  // namespace

bool is_multipart(const Request& request) {
  const std::string_view header = request.header("content-type").value_or("");
  return equal_names(trimmed(header.substr(0, header.find(';'))), kType);
}

Result<std::string_view> multipart_file(const Request& request) {
  const std::string boundary = TRY(boundary_of(request));
  std::string_view rest = request.body;
  if (!rest.starts_with(boundary)) return malformed("it does not begin with its boundary");
  rest.remove_prefix(boundary.size());
  const std::string delimiter = "\r\n" + boundary;
  std::optional<std::string_view> file;
  for (size_t parts = 0; !rest.starts_with("--"); ++parts) {
    if (parts == kMaxParts) return malformed("it has too many parts");
    if (!rest.starts_with("\r\n")) return malformed("a boundary does not end its line");
    const size_t head_end = rest.substr(0, kMaxPartHead).find("\r\n\r\n");
    if (head_end == std::string_view::npos) return malformed("the head of a part does not end");
    const std::string_view head = rest.substr(2, head_end - std::min<size_t>(head_end, 2));
    rest.remove_prefix(head_end + 4);
    const size_t end = rest.find(delimiter);
    if (end == std::string_view::npos) return malformed("a part does not end");
    if (is_file(head)) {
      if (file) return Error{ErrorCode::invalid, "The form has more than one file.", "image"};
      file = rest.substr(0, end);
    }
    rest.remove_prefix(end + delimiter.size());
  }
  if (!file) return Error{ErrorCode::invalid, "The form has no file.", "image"};
  return *file;
}

}  // namespace authd::http
