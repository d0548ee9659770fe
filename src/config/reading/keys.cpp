#include "config/reading/keys.h"

#include <algorithm>

#include "base/check.h"
#include "base/nearest.h"
#include "base/text.h"
#include "config/reading/key_groups.h"
#include "config/reading/values.h"

namespace authd::config {
namespace {

using Parts = std::vector<std::string>;

std::vector<Key> make_keys() {
  std::vector<Key> keys;
  for (const auto add :
       {&add_server, &add_store,    &add_cluster, &add_replica, &add_tokens,    &add_passwords,
        &add_signup, &add_login,    &add_mfa,     &add_terms,   &add_retention, &add_passkeys,
        &add_mail,   &add_branding, &add_audit,   &add_backup,  &add_fetch,     &add_webhooks,
        &add_limits, &add_browsers, &add_log,     &add_compat,  &add_metrics,   &add_provider}) {
    add(keys);
  }
  return keys;
}

// The key whose `form` of name differs from `name` by no more than a typing error.
template <typename Form>
const Key* nearest(std::string_view name, char separator, Form form) {
  constexpr size_t kNear = 3;
  if (name.size() > 100) return nullptr;
  const Key* found = nullptr;
  size_t least = kNear + 1;
  for (const Key& key : all_keys()) {
    const std::string right = form(key.name);
    // "max_body" without its section counts as one wrong letter.
    const bool is_tail = right.size() > name.size() + 1 && right.ends_with(name) &&
                         right[right.size() - name.size() - 1] == separator;
    const size_t distance = is_tail ? 1 : edit_distance(name, right);
    if (distance < least) {
      least = distance;
      found = &key;
    }
  }
  return found;
}

}  // namespace

std::span<const Key> all_keys() {
  static const std::vector<Key> keys = make_keys();
  return keys;
}

Config defaults() {
  Config config;
  for (const Key& key : all_keys()) {
    if (key.default_text.empty()) continue;
    const Parts parts = key.is_list ? split_list(key.default_text) : Parts{key.default_text};
    CHECK(key.set(config, parts));
  }
  return config;
}

const Key* find_key(std::string_view name) {
  for (const Key& key : all_keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const Key* nearest_key(std::string_view name) {
  return nearest(name, '.', [](const std::string& key) { return key; });
}

const Key* nearest_variable(std::string_view name) {
  return nearest(name, '_', [](const std::string& key) { return environment_name(key); });
}

std::string environment_name(std::string_view key) {
  std::string name = "AUTHD_";
  for (const char c : key) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string flag_name(std::string_view key) {
  std::string name = "--" + std::string(key);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace authd::config
