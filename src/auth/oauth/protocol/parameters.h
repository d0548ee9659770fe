// The parameters of a request to the provider, from its query or its form. A parameter without a
// value counts as absent, and a repeated one is refused (RFC 6749 section 3.1); only `resource` may
// be repeated (RFC 8707 section 2). Unknown ones are ignored (RFC 6749 sections 3.1 and 3.2).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace authd::auth {

class Parameters {
 public:
  using Pair = std::pair<std::string, std::string>;

  // Errors: `malformed`, "invalid_request", for a repeated one and for text that is not UTF-8.
  static Result<Parameters> read(std::span<const Pair> pairs);

  // Empty if absent.
  const std::string& operator[](std::string_view name) const;
  bool has(std::string_view name) const { return !(*this)[name].empty(); }
  // Each once.
  const std::vector<std::string>& resources() const { return resources_; }

  // In place of what there was; not for `resource`.
  void set(std::string_view name, std::string value);
  // All but these.
  Parameters without(std::span<const std::string_view> names) const;

  // As a form: "client_id=app&scope=openid". decode() is the inverse.
  std::string encoded() const;
  static Result<Parameters> decode(std::string_view form);

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<std::string> resources_;
};

// The words of a list with spaces between ("openid email"), each once, in order.
std::vector<std::string> words_in(std::string_view list);

}  // namespace authd::auth
