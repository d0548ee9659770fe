#include "auth/core/return_address.h"

#include <algorithm>

#include "config/reading/values.h"

namespace authd::auth {
namespace {

// Text that a header can carry and that all browsers read alike: URLs have no spaces or
// backslashes.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>';
  });
}

// "https://*.example.org" allows every host below example.org, over https and without a port.
bool allows(std::string_view pattern, std::string_view origin) {
  const size_t wildcard = pattern.find("//*.");
  if (wildcard == std::string_view::npos) return pattern == origin;
  const std::string_view scheme = pattern.substr(0, wildcard + 2);
  const std::string_view suffix = pattern.substr(wildcard + 3);  // ".example.org"
  return origin.starts_with(scheme) && origin.ends_with(suffix) &&
         origin.size() > scheme.size() + suffix.size();
}

// The origin of an absolute URL, as browsers write it; empty for other text. User information in an
// address is meant to disguise it, so parse_origin() refuses '@'.
std::string origin_of(std::string_view url) {
  const size_t slashes = url.find("//");
  if (slashes == std::string_view::npos) return "";
  const size_t end = url.find_first_of("/?#", slashes + 2);
  const Result<std::string> origin = config::parse_origin(url.substr(0, end));
  return origin && *origin != "*" ? *origin : "";
}

}  // namespace

bool is_local_path(std::string_view text) {
  return text.size() <= kMaxLocalPath && is_plain(text) && text.starts_with('/') &&
         !text.starts_with("//");
}

Result<std::string> return_address(const config::Config& config, std::string_view text) {
  if (is_local_path(text)) return std::string(text);
  const bool may_count = text.size() <= kMaxReturnAddress && is_plain(text);
  const std::string origin = may_count ? origin_of(text) : "";
  const auto& listed = config.pages.return_origins;
  const bool is_allowed =
      origin == origin_of(config.public_url) ||
      std::any_of(listed.begin(), listed.end(),
                  [&](const std::string& pattern) { return allows(pattern, origin); });
  if (!origin.empty() && is_allowed) return std::string(text);
  return Error{ErrorCode::invalid,
               "This return address is not allowed: it must be a path of this server, or its "
               "origin must be in pages.return_origins.",
               "return_to"};
}

}  // namespace authd::auth
