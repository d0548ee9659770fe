#include "http/body.h"

#include <algorithm>

#include "base/encoding.h"
#include "http/head.h"

namespace authd::http {
namespace {

constexpr size_t kMaxParameters = 64;

// The media type without parameters; a charset that is not UTF-8 gives "".
std::string_view media_type(const Request& request) {
  const std::string_view header = request.header("content-type").value_or("");
  std::string_view type = header.substr(0, std::min(header.find(';'), header.size()));
  while (type.ends_with(' '))
    type.remove_suffix(1);
  for (size_t at = 0; at + 8 <= header.size(); ++at) {
    if (!equal_names(header.substr(at, 8), "charset=")) continue;
    std::string_view charset = header.substr(at + 8);
    charset = charset.substr(0, std::min(charset.find_first_of("; "), charset.size()));
    if (charset.size() > 2 && charset.front() == '"')
      charset = charset.substr(1, charset.size() - 2);
    if (!equal_names(charset, "utf-8")) return "";
  }
  return type;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%') {
      const auto byte = hex_decode(text.substr(std::min(i + 1, text.size()), 2));
      if (!byte || byte->size() != 1) {
        return Error{ErrorCode::malformed, "The form has a malformed escape."};
      }
      out += *byte;
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Result<JsonObject> json_body(const Request& request) {
  const std::string_view type = media_type(request);
  if (!equal_names(type, "application/json")) {
    return Error{ErrorCode::unsupported,
                 "The body must be JSON in UTF-8 (Content-Type: application/json)."};
  }
  if (request.body.empty()) return Error{ErrorCode::malformed, "The body is empty."};
  return JsonObject::parse(request.body);
}

Result<std::map<std::string, std::string>> form_body(const Request& request) {
  if (!equal_names(media_type(request), "application/x-www-form-urlencoded")) {
    return Error{ErrorCode::unsupported,
                 "The body must be a form (Content-Type: application/x-www-form-urlencoded)."};
  }
  std::map<std::string, std::string> form;
  std::string_view rest = request.body;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    std::string key = TRY(unescape(pair.substr(0, equals)));
    std::string value = TRY(unescape(pair.substr(std::min(equals + 1, pair.size()))));
    if (form.contains(key)) {
      return Error{ErrorCode::malformed, "A parameter of the form is there twice.", key};
    }
    if (form.size() == kMaxParameters) {
      return Error{ErrorCode::malformed, "The form has too many parameters."};
    }
    form.emplace(std::move(key), std::move(value));
  }
  return form;
}

}  // namespace authd::http
