#include "web/template.h"

#include <algorithm>

#include "base/check.h"
#include "web/asset.h"

namespace authd::web {

std::string shell(std::string_view name) {
  for (const Asset& asset : embedded_shell()) {
    if (asset.path.substr(1) == name) return contents(asset);
  }
  UNREACHABLE();
}

std::string fill(std::string_view text, std::span<const Value> values) {
  std::string out;
  while (true) {
    const size_t at = text.find("{{");
    if (at == std::string_view::npos) return out += text;
    const size_t end = text.find("}}", at);
    CHECK(end != std::string_view::npos);
    out += text.substr(0, at);
    const std::string_view key = text.substr(at + 2, end - at - 2);
    const auto value = std::find_if(values.begin(), values.end(),
                                    [&](const auto& pair) { return pair.first == key; });
    CHECK(value != values.end());
    out += value->second;
    text.remove_prefix(end + 2);
  }
}

}  // namespace authd::web
