#include "auth/forward_auth.h"

#include "auth/return_address.h"
#include "base/encoding.h"
#include "config/values.h"

namespace authd::auth {
namespace {

bool reaches(const config::Config& config, const OriginalRequest& original) {
  const std::string host = config::host_of("http://" + original.host);
  const std::string own = config::host_of(config.server.public_url);
  const std::string& domain = config.cookies.domain;
  const bool is_secure_cookie = config.server.public_url.starts_with("https://");
  if (is_secure_cookie && !original.is_secure) return false;
  return domain.empty() ? host == own : host == domain || host.ends_with("." + domain);
}

}  // namespace

std::optional<std::string> sign_in_address(const config::Config& config,
                                           const OriginalRequest& original) {
  const bool is_host =
      !original.host.empty() && original.host.find_first_of("/?#@") == std::string::npos;
  if (!is_host || !original.uri.starts_with('/')) return std::nullopt;
  const std::string url =
      (original.is_secure ? "https://" : "http://") + original.host + original.uri;
  const std::string& page = config.pages.sign_in_url;
  if (!return_address(config, url) || !reaches(config, original)) return std::nullopt;
  if (std::string_view(url).substr(0, url.find_first_of("?#")) == page) return std::nullopt;
  return page + "?return_to=" + percent_encode(url);
}

}  // namespace authd::auth
