#include "http/wire/body.h"

#include <algorithm>

#include "base/encoding.h"
#include "http/wire/head.h"

namespace authd::http {
namespace {

constexpr size_t kMaxParameters = 64;

// The media type without parameters; a charset that is not UTF-8 gives "".
std::string_view media_type(const Request& request) {
  const std::string_view header = request.header("content-type").value_or("");
  const size_t parameters = std::min(header.find(';'), header.size());
  std::string_view type = header.substr(0, parameters);
  while (type.ends_with(' '))
    type.remove_suffix(1);
  for (size_t at = parameters; at + 8 <= header.size(); ++at) {
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
  // Most values are long tokens without either, and find() looks at many bytes at once.
  size_t percent = text.find('%');
  size_t plus = text.find('+');
  if (percent == text.npos && plus == text.npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  size_t at = 0;
  while (true) {
    const size_t special = std::min({percent, plus, text.size()});
    out += text.substr(at, special - at);
    if (special == text.size()) return out;
    at = special + 1;
    if (special == plus) {
      out += ' ';
      plus = text.find('+', at);
      continue;
    }
    const auto byte = hex_decode(text.substr(at, 2));
    if (!byte || byte->size() != 1) {
      return Error{ErrorCode::malformed, "The form has a malformed escape."};
    }
    out += *byte;
    at += 2;
    percent = text.find('%', at);
  }
}

Result<void> check_json(const Request& request) {
  TRY(check_no_coding(request));
  const std::string_view type = media_type(request);
  if (!equal_names(type, "application/json")) {
    return Error{ErrorCode::unsupported,
                 "The body must be JSON in UTF-8 (Content-Type: application/json)."};
  }
  if (request.body.empty()) return Error{ErrorCode::malformed, "The body is empty."};
  return {};
}

// A JSON string longer than this is replaced with the text below before the rest is parsed.
constexpr size_t kLongString = 4 * 1024;
constexpr std::string_view kPlaceText = "\"\\u0000file\"";
constexpr std::string_view kPlaceValue{"\0file", 5};
constexpr size_t kMaxRest = 64 * 1024;
constexpr size_t kMaxDataHead = 200;  // of a data: URI

// The one long string of a JSON text, without its quotes; empty if there is none. Error:
// `malformed` if there are two, or the text ends inside one.
Result<std::string_view> long_string(std::string_view json) {
  std::string_view found;
  size_t at = json.find('"');
  while (at != std::string_view::npos) {
    size_t end = at + 1;
    while (end < json.size() && json[end] != '"')
      end += json[end] == '\\' ? 2 : 1;
    if (end >= json.size()) return Error{ErrorCode::malformed, "The body is not valid JSON."};
    if (end - at > kLongString) {
      if (!found.empty()) return Error{ErrorCode::malformed, "The JSON has two long strings."};
      found = json.substr(at + 1, end - at - 1);
    }
    at = json.find('"', end + 1);
  }
  return found;
}

// How JSON writers may alter base64: escaped slashes and line breaks.
std::optional<std::string> unescape_base64(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      if (static_cast<uint8_t>(text[i]) < 0x20) return std::nullopt;  // Not JSON either.
      plain += text[i];
      continue;
    }
    i += 1;  // Stays within the text, which does not end in the middle of an escape.
    if (text[i] == '/') plain += '/';
    if (text[i] != '/' && text[i] != 'r' && text[i] != 'n') return std::nullopt;  // Not base64.
  }
  return plain;
}

std::optional<std::string> decode_file(std::string_view text) {
  constexpr std::string_view kBase64 = ";base64,";
  if (text.starts_with("data:")) {
    const size_t mark = text.substr(0, kMaxDataHead).find(kBase64);
    if (mark == std::string_view::npos) return std::nullopt;
    text.remove_prefix(mark + kBase64.size());
  }
  std::string plain(text);
  std::erase_if(plain, [](char c) { return c == '\r' || c == '\n'; });
  return base64_decode(plain);
}

}  // namespace

Result<void> check_no_coding(const Request& request) {
  const std::string_view coding = request.header("content-encoding").value_or("");
  const bool is_plain = coding.empty() || equal_names(coding, "identity");
  if (is_plain && request.header_count("content-encoding") < 2) return {};
  return Error{
      ErrorCode::unsupported,
      "Compressed bodies are not supported: send the body as it is, without Content-Encoding."};
}

Result<FormWithFile> json_body_with_file(const Request& request, std::string_view field) {
  TRY(check_json(request));
  const std::string_view body = request.body;
  const std::string_view file = TRY(long_string(body));
  std::string rest(body);
  if (!file.empty()) {
    const auto begin = static_cast<size_t>(file.data() - body.data()) - 1;  // with the quotes
    rest = std::string(body.substr(0, begin));
    rest += kPlaceText;
    rest += body.substr(begin + file.size() + 2);
  }
  FormWithFile made{TRY(JsonObject::parse(rest, {.max_bytes = kMaxRest})), {}};
  const auto text = TRY(made.form.optional_string(field));
  const bool is_long = text && *text == kPlaceValue && !file.empty();
  if (!file.empty() && !is_long) {
    return Error{ErrorCode::invalid,
                 "A string is too long: only \"" + std::string(field) + "\" may be that long.",
                 std::string(field)};
  }
  if (!text) return made;
  const std::optional<std::string> plain = is_long ? unescape_base64(file) : text;
  if (plain) made.file = decode_file(*plain);
  if (made.file) return made;
  return Error{ErrorCode::invalid, "The file is not base64.", std::string(field)};
}

Result<JsonObject> json_body(const Request& request) {
  TRY(check_json(request));
  return JsonObject::parse(request.body);
}

Result<std::vector<std::pair<std::string, std::string>>> form_pairs(const Request& request) {
  TRY(check_no_coding(request));
  if (!equal_names(media_type(request), "application/x-www-form-urlencoded")) {
    return Error{ErrorCode::unsupported,
                 "The body must be a form (Content-Type: application/x-www-form-urlencoded)."};
  }
  return parse_pairs(request.body);
}

Result<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    std::string key = TRY(unescape(pair.substr(0, equals)));
    std::string value = TRY(unescape(pair.substr(std::min(equals + 1, pair.size()))));
    if (pairs.size() == kMaxParameters) {
      return Error{ErrorCode::malformed, "The form has too many parameters."};
    }
    pairs.emplace_back(std::move(key), std::move(value));
  }
  return pairs;
}

Result<std::map<std::string, std::string>> form_body(const Request& request) {
  std::map<std::string, std::string> form;
  for (auto& [name, value] : TRY(form_pairs(request))) {
    if (form.contains(name)) {
      return Error{ErrorCode::malformed, "The form repeats a parameter.", name};
    }
    form.emplace(std::move(name), std::move(value));
  }
  return form;
}

}  // namespace authd::http
