#include "store/postgresql/recorded.h"

#include "store/limits.h"

namespace authd::store {

std::optional<std::string> RecordedTxn::get(std::string_view key) {
  std::optional<std::string> value;
  look(key, [&](std::string_view found) { value = found; });
  return value;
}

bool RecordedTxn::look(std::string_view key, Take take) {
  check_key(key);
  const Changes* const layers[] = {&changes_, &earlier_};
  for (const Changes* layer : layers) {
    if (layer == &earlier_) reads_.emplace_back(key);
    const auto found = layer->find(key);
    if (found == layer->end()) continue;
    if (found->second) take(*found->second);
    return found->second.has_value();
  }
  return state_.look(key, take);
}

void RecordedTxn::put(std::string_view key, std::string_view value) {
  check_key(key);
  check_value(value);
  check_write_count(++writes_);
  changes_.insert_or_assign(std::string(key), std::string(value));
}

void RecordedTxn::del(std::string_view key) {
  check_key(key);
  check_write_count(++writes_);
  changes_.insert_or_assign(std::string(key), std::nullopt);
}

}  // namespace authd::store
