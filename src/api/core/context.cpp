#include "api/core/context.h"

#include <algorithm>

#include "api/core/accepted.h"
#include "auth/core/api_key_text.h"
#include "auth/sessions/session_cookie.h"
#include "base/cookie.h"
#include "base/refusal.h"
#include "base/text.h"
#include "http/wire/body.h"
#include "http/wire/head.h"

namespace authd::api {

auth::Origin Context::origin() const {
  auth::Origin origin;
  origin.address = request.client;
  origin.user_agent = request.header("user-agent").value_or("");
  origin.request_id = request.request_id;
  origin.device = cookie(request, own_cookie_name(api.auth.config, kDeviceCookie));
  origin.asker = cookie(request, own_cookie_name(api.auth.config, kAskerCookie));
  // Beside those of other servers, if there are any.
  const std::string name = auth::session_cookie_name(api.auth.config);
  for (const std::string& held : different_cookies(request, name)) {
    if (const auto named = auth::session_in_cookie(api.auth, held)) {
      origin.browser = *named;
      break;
    }
  }
  origin.wants_cookie = wants_cookie(request);
  origin.actor = actor;
  origin.language = api.site.language_of(request);
  origin.by_api_key = by_api_key;
  return origin;
}

Result<JsonObject> Context::form() const {
  JsonObject form = TRY(http::json_body(request));
  if (accepted != nullptr) TRY(check_members(*accepted, form));
  return form;
}

bool wants_cookie(const http::Request& request) {
  return request.header(kSessionHeader) == "cookie";
}

std::string own_cookie_name(const config::Config& config, std::string_view name) {
  return prefixed_name(name, config.public_url.starts_with("https://"));
}

std::string own_cookie(const config::Config& config, std::string_view name, std::string value,
                       Seconds life) {
  const Cookie made{.name = own_cookie_name(config, name),
                    .value = std::move(value),
                    .life = life,
                    .is_secure = config.public_url.starts_with("https://")};
  return made.header();
}

std::string cookie(const http::Request& request, std::string_view name) {
  std::vector<std::string> values = cookies(request, name);
  return values.empty() ? "" : std::move(values.front());
}

std::vector<std::string> cookies(const http::Request& request, std::string_view name) {
  const auto values = cookie_values(request.header("cookie").value_or(""), name);
  return {values.begin(), values.end()};
}

std::vector<std::string> different_cookies(const http::Request& request, std::string_view name) {
  constexpr size_t kMost = 16;
  std::vector<std::string> different;
  for (std::string& value : cookies(request, name)) {
    if (different.size() == kMost) break;
    if (std::find(different.begin(), different.end(), value) == different.end()) {
      different.push_back(std::move(value));
    }
  }
  return different;
}

Result<uint64_t> number_in(std::string_view text, std::string_view field) {
  if (const auto number = parse_unsigned(text)) return *number;
  return Error{ErrorCode::invalid, "This must be a number.", std::string(field)};
}

namespace {

// The token behind a scheme, which ends with a space.
Result<std::optional<std::string_view>> token_behind(const http::Request& request,
                                                     std::string_view scheme) {
  const std::optional<std::string_view> header = request.header("authorization");
  if (!header || !http::equal_names(header->substr(0, scheme.size()), scheme)) {
    return std::optional<std::string_view>{};
  }
  std::string_view token = header->substr(scheme.size());
  while (token.starts_with(' '))
    token.remove_prefix(1);
  if (request.header_count("authorization") > 1 || token.empty() ||
      token.find(' ') != std::string_view::npos) {
    return refused(ErrorCode::malformed, "invalid_request",
                   "The Authorization header is malformed.");
  }
  return std::optional(token);
}

}  // namespace

Result<std::optional<std::string_view>> bearer_token(const http::Request& request) {
  return token_behind(request, "Bearer ");
}

Result<std::optional<std::string_view>> dpop_token(const http::Request& request) {
  return token_behind(request, "DPoP ");
}

Result<std::optional<std::string_view>> api_key_header(const http::Request& request) {
  const std::optional<std::string_view> key = request.header("x-api-key");
  if (!key || !key->starts_with(auth::kApiKeyPrefix)) return std::optional<std::string_view>{};
  if (request.header_count("x-api-key") > 1) {
    return refused(ErrorCode::malformed, "invalid_request",
                   "The X-API-Key header is present twice.");
  }
  return key;
}

}  // namespace authd::api
