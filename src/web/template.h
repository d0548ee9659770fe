// The embedded documents with places to fill in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace authd::web {

// An embedded part of our documents, by its name: "page.html".
std::string shell(std::string_view name);

// "{{name}}" filled in, in one pass: a value that looks like a placeholder is left unchanged.
using Value = std::pair<std::string_view, std::string>;
std::string fill(std::string_view text, std::span<const Value> values);

}  // namespace authd::web
