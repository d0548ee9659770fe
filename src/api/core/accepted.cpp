#include "api/core/accepted.h"

#include <algorithm>

#include "base/text.h"

namespace authd::api {
namespace {

constexpr size_t kMaxShown = 64;  // bytes of the name that the message repeats

bool has(const std::vector<std::string>& names, std::string_view wanted) {
  return std::find(names.begin(), names.end(), wanted) != names.end();
}

// The name as repeated in the refusal: short, and without anything that could be read as markup.
std::string shown(std::string_view name) {
  std::string text(name.substr(0, kMaxShown));
  for (char& c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!is_plain) c = '?';
  }
  return text;
}

Error unknown(std::string_view name, std::string_view what, const std::vector<std::string>& known) {
  std::string message =
      "\"" + shown(name) + "\" is not " + std::string(what) + " of this request. ";
  message += known.empty() ? "It has none." : "Known: " + joined(known, ", ") + ".";
  return Error{ErrorCode::invalid, std::move(message), shown(name)};
}

}  // namespace

Result<void> check_query(const Accepted& accepted, const http::Request& request) {
  const auto queries = request.queries();
  for (size_t i = 0; i < queries.size(); ++i) {
    const std::string& name = queries[i].first;
    if (!has(accepted.query, name)) return unknown(name, "a query parameter", accepted.query);
    const auto before = queries.first(i);
    if (std::any_of(before.begin(), before.end(),
                    [&](const auto& one) { return one.first == name; })) {
      return Error{ErrorCode::invalid, "\"" + name + "\" is given twice.", name};
    }
  }
  return {};
}

Result<void> check_members(const Accepted& accepted, const JsonObject& form) {
  for (const std::string& name : form.keys()) {
    if (!has(accepted.members, name)) return unknown(name, "a member", accepted.members);
  }
  return {};
}

}  // namespace authd::api
