#include "auth/oauth/protocol/parameters.h"

#include <algorithm>

#include "base/encoding.h"

namespace authd::auth {
namespace {

constexpr std::string_view kResource = "resource";

Error invalid_request(std::string message, std::string_view name) {
  return Error{ErrorCode::malformed, std::move(message), std::string(name), "invalid_request"};
}

// Takes the text up to the separator off the front, and the separator.
std::string_view cut(std::string_view& text, char separator) {
  const auto at = std::find(text.begin(), text.end(), separator);
  const std::string_view front(text.begin(), at);
  text = std::string_view(at == text.end() ? at : at + 1, text.end());
  return front;
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
      if (std::find(read.resources_.begin(), read.resources_.end(), value) == read.resources_.end())
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

void Parameters::set(std::string_view name, std::string value) {
  values_.insert_or_assign(std::string(name), std::move(value));
}

Parameters Parameters::without(std::span<const std::string_view> names) const {
  Parameters rest = *this;
  for (const std::string_view name : names)
    rest.values_.erase(std::string(name));
  return rest;
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
    const std::string_view pair = cut(form, '&');
    std::string_view value = pair;
    const std::string_view name = cut(value, '=');
    const auto decoded_name = percent_decode(name);
    const auto decoded_value = percent_decode(value);
    if (!decoded_name || !decoded_value) {
      return invalid_request("A parameter has a malformed escape.", "");
    }
    pairs.emplace_back(*decoded_name, *decoded_value);
  }
  return read(pairs);
}

std::vector<std::string> words_in(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    std::string word(cut(list, ' '));
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(std::move(word));
    }
  }
  return words;
}

}  // namespace authd::auth
