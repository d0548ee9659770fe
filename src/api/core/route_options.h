// The options that rows of the route table share (routes.cpp).
#pragma once

#include <string_view>

#include "api/core/context.h"

namespace authd::api {

// The limit for clients of oauthapp; the picture inside may have 5 MiB.
inline constexpr size_t kMaxPictureBody = 16 << 20;

constexpr RouteOptions for_keys(std::string_view scope) {
  return {.key_scope = scope};
}

// For what changes who gets in, and how.
constexpr RouteOptions with_proof(RouteOptions options = {}) {
  options.needs_proof = true;
  return options;
}

constexpr RouteOptions with_work(RouteOptions options = {}) {
  options.needs_work = true;
  return options;
}

constexpr RouteOptions body_up_to(size_t bytes) {
  return {.max_body = bytes};
}

// For people and monitors, whose tools may add parameters.
constexpr RouteOptions while_on(Feature feature) {
  return {.served_when = feature, .ignores_unknown = true};
}

// A route of the APIs that authd replaces (compat/compat.h): served while one of `apis` is enabled.
constexpr RouteOptions of_api(Features apis, RouteOptions options = {}) {
  options.served_when = apis;
  options.dialect = Dialect::compat;
  options.ignores_unknown = true;
  return options;
}

constexpr RouteOptions on_replica(RouteOptions options) {
  options.on_replica = true;
  return options;
}

inline constexpr RouteOptions kIgnoresUnknown{.ignores_unknown = true};
inline constexpr RouteOptions kHidesPath{.hides_path = true};

constexpr RouteOptions while_provided(RouteOptions options) {
  options.served_when = Feature::provider;
  return options;
}

// A route of the provider: what applications and their scripts call (RFC 6749, OpenID Connect).
constexpr RouteOptions of_provider(RouteOptions options = {}) {
  options.dialect = Dialect::oauth;
  options.ignores_unknown = true;
  return options;
}

// Where applications send browsers.
constexpr RouteOptions for_browsers(RouteOptions options = {}) {
  return while_provided(of_provider(options));
}

// The same for their scripts, of every site.
constexpr RouteOptions for_scripts(RouteOptions options = {}) {
  options.for_any_origin = true;
  return while_provided(of_provider(options));
}

inline constexpr RouteOptions kProbe{.is_probe = true, .on_replica = true, .ignores_unknown = true};
// It reads its own rules and refuses unknown ones (verify_question.h).
inline constexpr RouteOptions kVerify{
    .takes_basic = true, .on_replica = true, .ignores_unknown = true};

}  // namespace authd::api
