#include "config/reading/in_force.h"

#include <algorithm>

#include "config/reading/named_tables.h"

namespace authd::config {
namespace {

constexpr std::string_view kDefault = "default";

// The key of the list, or of a table that has a name.
std::optional<Key> key_named(const std::string& name) {
  const std::optional<TablePlace> place = place_of_key(name);
  if (!place) {
    const Key* key = find_key(name);
    return key == nullptr ? std::nullopt : std::optional<Key>(*key);
  }
  for (Key& key : place->tables->keys(place->name)) {
    if (key.name == name) return std::move(key);
  }
  return std::nullopt;
}

Setting setting_of(const Origin& origin) {
  Setting setting{.key = origin.key, .value = origin.value, .source = origin.source};
  const bool is_given = origin.source != kDefault;
  setting.is_changed = is_given;
  const std::optional<Key> key = key_named(origin.key);
  if (!key) return setting;
  setting.default_text = key->default_text;
  setting.default_note = key->default_note;
  setting.help = key->help;
  setting.is_reloadable = key->is_reloadable;
  // A value that repeats the default in other words, as "60s" for "1m", counts as a change.
  setting.is_changed = is_given && (key->default_text.empty() || key->default_text != origin.value);
  return setting;
}

}  // namespace

std::vector<Setting> settings_of(const Config& config) {
  std::vector<Setting> all;
  for (const Key& key : all_keys())
    all.push_back(setting_of({key.name, key.show(config), std::string(kDefault)}));
  return all;
}

InForce::InForce(const Loaded& loaded) : origins_(loaded.origins), file_(loaded.file) {}

void InForce::reload(const Loaded& loaded) {
  std::vector<Origin> changed = loaded.origins;
  std::erase_if(changed, [](const Origin& one) {
    const Key* key = find_key(one.key);
    return key == nullptr || !key->is_reloadable;
  });
  const std::lock_guard lock(mutex_);
  file_ = loaded.file;
  for (Origin& one : changed) {
    const auto at = std::ranges::find(origins_, one.key, &Origin::key);
    if (at == origins_.end()) continue;
    const bool is_switched = at->value.empty() != one.value.empty();
    if (!is_switched || !find_key(one.key)->is_switch) *at = std::move(one);
  }
}

std::vector<Setting> InForce::settings() const {
  std::vector<Origin> origins;
  {
    const std::lock_guard lock(mutex_);
    origins = origins_;
  }
  std::vector<Setting> all;
  for (const Origin& origin : origins)
    all.push_back(setting_of(origin));
  return all;
}

std::string InForce::file() const {
  const std::lock_guard lock(mutex_);
  return file_;
}

}  // namespace authd::config
