#include "server/policy.h"

namespace authd::server {

http::Policy policy_of(const config::Config& config) {
  http::Policy policy;
  policy.tls_cert = config.server.tls_cert;
  policy.tls_key = config.server.tls_key;
  policy.allowed_hosts = config.server.allowed_hosts;
  policy.trusted_proxies = config.server.trusted_proxies;
  policy.reads_forwarded = config.server.proxy_headers == "forwarded";
  policy.cors_origins = config.cors.allowed_origins;
  policy.rate_limits = config.rate_limit.enabled;
  policy.login = config.rate_limit.login;
  policy.signup = config.rate_limit.signup;
  policy.refresh = config.rate_limit.refresh;
  policy.mail = config.rate_limit.mail;
  policy.standard = config.rate_limit.standard;
  return policy;
}

}  // namespace authd::server
