#include "browser_url.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ip_address.h"

namespace authd::fuzz {
namespace {

bool is_slash(char c) {
  return c == '/' || c == '\\';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Section 4.4: removes controls and spaces at both ends, and tabs and line breaks everywhere.
std::string cleaned(std::string_view text) {
  const auto is_edge = [](char c) { return static_cast<uint8_t>(c) <= 0x20; };
  while (!text.empty() && is_edge(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_edge(text.back()))
    text.remove_suffix(1);
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return out;
}

// Scheme start and scheme state: removes the scheme and its colon from the text; empty: there is
// none.
std::string take_scheme(std::string_view& text) {
  std::string scheme;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = lower(text[i]);
    if (c == ':' && i > 0) {
      text.remove_prefix(i + 1);
      return scheme;
    }
    const bool is_letter = c >= 'a' && c <= 'z';
    if (!is_letter && (i == 0 || (!is_digit(c) && c != '+' && c != '-' && c != '.'))) break;
    scheme += c;
  }
  return "";
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                           hex_value(text[i + 2]) >= 0;
    if (is_escape) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The IPv4 number parser: decimal, 0x… and octal.
std::optional<uint64_t> number_of(std::string_view part) {
  int radix = 10;
  if (part.starts_with("0x") || part.starts_with("0X")) {
    radix = 16;
    part.remove_prefix(2);
  } else if (part.size() > 1 && part.front() == '0') {
    radix = 8;
    part.remove_prefix(1);
  }
  uint64_t number = 0;
  for (const char c : part) {
    const int value = hex_value(c);
    if (value < 0 || value >= radix) return std::nullopt;
    number = std::min<uint64_t>(
        number * static_cast<uint64_t>(radix) + static_cast<uint64_t>(value), uint64_t{1} << 40);
  }
  return number;
}

std::vector<std::string_view> labels_of(std::string_view host) {
  std::vector<std::string_view> labels;
  while (true) {
    const size_t dot = host.find('.');
    labels.push_back(host.substr(0, dot));
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  if (labels.size() > 1 && labels.back().empty()) labels.pop_back();
  return labels;
}

// The "ends in a number" checker, and the IPv4 parser: nullopt if it is not such a host, empty if
// it is an invalid one.
std::optional<std::string> ipv4_of(std::string_view host) {
  const std::vector<std::string_view> labels = labels_of(host);
  const std::string_view last = labels.back();
  const bool is_decimal = !last.empty() && std::all_of(last.begin(), last.end(), &is_digit);
  const bool is_hex = (last.starts_with("0x") || last.starts_with("0X")) && number_of(last);
  if (!is_decimal && !is_hex) return std::nullopt;
  if (labels.size() > 4) return "";
  uint64_t address = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto number = labels[i].empty() ? std::nullopt : number_of(labels[i]);
    const bool is_last = i + 1 == labels.size();
    const uint64_t most = is_last ? (uint64_t{1} << (8 * (4 - i))) - 1 : 255;
    if (!number || *number > most) return "";
    address += is_last ? *number : *number << (8 * (3 - i));
  }
  std::array<uint8_t, 4> bytes{};
  for (size_t i = 0; i < 4; ++i)
    bytes[i] = static_cast<uint8_t>(address >> (8 * (3 - i)));
  return IpAddress::from_v4(bytes).to_string();
}

// The host parser. Non-ASCII text goes through IDNA, whose result matches no host here: "?".
std::string host_of(std::string_view text) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']') || text.size() < 3) return "";
    const auto address = IpAddress::parse(text.substr(1, text.size() - 2));
    return address ? "[" + address->to_string() + "]" : "";
  }
  std::string host = percent_decoded(text);
  std::transform(host.begin(), host.end(), host.begin(), &lower);
  for (const char c : host) {
    if (static_cast<uint8_t>(c) >= 0x80) return "?";
    if (static_cast<uint8_t>(c) <= 0x20 || c == 0x7f) return "";
    if (std::string_view("#/:<>?@[\\]^|%").find(c) != std::string_view::npos) return "";
  }
  if (host.empty()) return "";
  return ipv4_of(host).value_or(host);
}

// Authority, host and port state. Backslashes are slashes.
std::string origin_of(std::string_view scheme, std::string_view text) {
  text = text.substr(0, text.find_first_of("/\\?#"));
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  const size_t bracket = text.rfind(']');
  const size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string host = host_of(text.substr(0, colon));
  if (host.empty()) return "";
  std::string origin = std::string(scheme) + "://" + host;
  if (colon == std::string_view::npos || colon + 1 == text.size()) return origin;
  const std::string_view digits = text.substr(colon + 1);
  uint64_t port = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return "";
    port = std::min<uint64_t>(port * 10 + static_cast<uint64_t>(c - '0'), 100'000);
  }
  if (port > 65535) return "";
  const uint64_t usual = scheme == "https" || scheme == "wss" ? 443 : scheme == "ftp" ? 21 : 80;
  return port == usual ? origin : origin + ":" + std::to_string(port);
}

}  // namespace

std::string browser_origin(std::string_view text, std::string_view base) {
  const std::string clean = cleaned(text);
  std::string_view rest = clean;
  std::string scheme = take_scheme(rest);
  std::string_view base_rest = base;
  const std::string base_scheme = take_scheme(base_rest);
  const bool is_known =
      scheme == "http" || scheme == "https" || scheme == "ws" || scheme == "wss" || scheme == "ftp";
  if (!scheme.empty() && !is_known) return "null";
  const bool has_authority = rest.size() >= 2 && is_slash(rest[0]) && is_slash(rest[1]);
  // The same scheme without two slashes is a path, as if it had none.
  if ((scheme.empty() || scheme == base_scheme) && !has_authority) return std::string(base);
  if (scheme.empty()) scheme = base_scheme;
  while (!rest.empty() && is_slash(rest.front()))
    rest.remove_prefix(1);
  return origin_of(scheme, rest);
}

}  // namespace authd::fuzz
