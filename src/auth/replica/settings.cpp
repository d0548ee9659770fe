#include "auth/replica/settings.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

constexpr std::array<std::string_view, 17> kShared = {
    "server.public_url",
    "tokens.issuer",
    "tokens.audience",
    "tokens.algorithm",
    "tokens.access_ttl",
    "tokens.refresh_ttl",
    "tokens.refresh_grace",
    "tokens.session_max_age",
    "tokens.idle_timeout",
    "cookies.domain",
    "pages.sign_in_url",
    "pages.return_origins",
    "provider.enabled",
    "provider.cimd",
    "compat.enabled",
    "login.methods",
    "provider.outbound_networks",
};
constexpr size_t kTagBytes = 8;

}  // namespace

bool is_shared_setting(std::string_view key) {
  return std::find(kShared.begin(), kShared.end(), key) != kShared.end() ||
         key.starts_with("attributes.");  // Each is a scope that tokens may have.
}

SharedSettings shared_settings(const std::vector<config::Setting>& settings) {
  SharedSettings shared;
  for (const config::Setting& one : settings) {
    if (is_shared_setting(one.key)) shared.emplace(one.key, one.value);
  }
  return shared;
}

std::string tag_of(const SharedSettings& settings) {
  std::string all;
  for (const auto& [key, value] : settings)
    all += key + '\0' + value + '\0';
  return base64url_encode(crypto::sha256(all).substr(0, kTagBytes));
}

std::string SettingsTag::get(SteadyTime now, FunctionRef<std::string()> make) {
  const std::lock_guard lock(mutex_);
  if (tag_.empty() || made_at_ + std::chrono::seconds(1) <= now) {
    tag_ = make();
    made_at_ = now;
  }
  return tag_;
}

}  // namespace authd::auth
