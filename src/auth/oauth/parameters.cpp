#include "auth/oauth/parameters.h"

#include <algorithm>

#include "base/encoding.h"

namespace authd::auth {
namespace {

constexpr std::string_view kResource = "resource";

Error invalid_request(std::string message, std::string_view name) {
  return Error{ErrorCode::malformed, std::move(message), std::string(name), "invalid_request"};
}

}  // namespace

Result<Parameters> Parameters::read(std::span<const Pair> pairs) {
  Parameters read;
  for (const auto& [name, value] : pairs) {
    if (!is_valid_utf8(name) || !is_valid_utf8(value)) {
      return invalid_request("A parameter is not UTF-8.", "");
    }
    if (value.empty()) continue;
    if (name == kResource) {
      read.resources_.push_back(value);
    } else if (!read.values_.emplace(name, value).second) {
      return invalid_request("The parameter \"" + name + "\" is repeated.", name);
    }
  }
  return read;
}

const std::string& Parameters::operator[](std::string_view name) const {
  static const std::string absent;
  const auto found = values_.find(name);
  return found == values_.end() ? absent : found->second;
}

std::string Parameters::encoded() const {
  std::string form;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!form.empty()) form += '&';
    form += percent_encode(name) + "=" + percent_encode(value);
  };
  for (const auto& [name, value] : values_)
    add(name, value);
  for (const std::string& resource : resources_)
    add(kResource, resource);
  return form;
}

Result<Parameters> Parameters::decode(std::string_view form) {
  std::vector<Pair> pairs;
  while (!form.empty()) {
    const size_t end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(pair.substr(0, equals));
    const auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return invalid_request("A parameter has a malformed escape.", "");
    pairs.emplace_back(*name, *value);
  }
  return read(pairs);
}

std::vector<std::string> words_in(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const size_t end = std::min(list.find(' '), list.size());
    std::string word(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(std::move(word));
    }
  }
  return words;
}

}  // namespace authd::auth
