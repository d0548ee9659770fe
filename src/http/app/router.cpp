#include "http/app/router.h"

#include <algorithm>

#include "base/check.h"

namespace authd::http {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // '/'
    const size_t slash = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash);
  }
  return parts;
}

bool is_param(std::string_view part) {
  return part.starts_with(':');
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string_view>& path) {
  const bool has_tail = pattern.back() == "*";
  const size_t fixed = pattern.size() - (has_tail ? 1 : 0);
  if (has_tail ? path.size() <= fixed : path.size() != fixed) return false;
  for (size_t i = 0; i < fixed; ++i) {
    if (is_param(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  }
  return true;
}

const Route* with_method(const std::vector<const Route*>& routes, Method method) {
  const Method wanted = method == Method::head ? Method::get : method;
  const auto it = std::find_if(routes.begin(), routes.end(),
                               [&](const Route* route) { return route->method == wanted; });
  return it == routes.end() ? nullptr : *it;
}

std::string methods_of(const std::vector<const Route*>& routes) {
  std::string list;
  for (const Route* route : routes) {
    list += std::string(name(route->method)) + ", ";
    if (route->method == Method::get) list += "HEAD, ";
  }
  return list + "OPTIONS";
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (const Route& route : routes_) {
    std::vector<const Route*>* same_path = nullptr;
    if (route.pattern.find(':') == std::string::npos) {
      same_path = &exact_[route.pattern];
    } else {
      std::vector<std::string> parts;
      for (const std::string_view part : segments_of(route.pattern))
        parts.emplace_back(part);
      const auto it = std::find_if(patterns_.begin(), patterns_.end(),
                                   [&](const Segments& other) { return other.parts == parts; });
      if (it == patterns_.end()) {
        same_path = &patterns_.emplace_back(Segments{std::move(parts), {}}).routes;
      } else {
        same_path = &it->routes;
      }
    }
    CHECK(with_method(*same_path, route.method) == nullptr);
    same_path->push_back(&route);
    CHECK(same_path->front()->hides_path == route.hides_path);
    CHECK(same_path->front()->for_any_origin == route.for_any_origin);
    CHECK(same_path->front()->is_probe == route.is_probe);
    if (!route.hides_path) continue;
    const std::vector<std::string_view> parts = segments_of(route.pattern);
    if (parts.size() >= 2 && is_param(parts.back()) && !is_param(parts[parts.size() - 2])) {
      words_before_secrets_.emplace_back(parts[parts.size() - 2]);
    }
  }
}

Router::Match Router::find(Method method, std::string_view path) const {
  Match match;
  if (const auto it = exact_.find(path); it != exact_.end()) {
    match.at_path = it->second.front();
    match.route = with_method(it->second, method);
    if (match.route == nullptr) match.allowed = methods_of(it->second);
    return match;
  }
  const std::vector<std::string_view> parts = segments_of(path);
  for (const Segments& pattern : patterns_) {
    if (!matches(pattern.parts, parts)) continue;
    match.at_path = pattern.routes.front();
    match.route = with_method(pattern.routes, method);
    if (match.route == nullptr) {
      match.allowed = methods_of(pattern.routes);
      return match;
    }
    for (size_t i = 0; i < pattern.parts.size(); ++i) {
      if (is_param(pattern.parts[i])) {
        match.params.emplace_back(std::string_view(pattern.parts[i]).substr(1), parts[i]);
      }
    }
    return match;
  }
  return match;
}

std::string Router::methods() const {
  std::vector<const Route*> one_of_each;
  for (const Route& route : routes_) {
    if (route.method != Method::options && with_method(one_of_each, route.method) == nullptr)
      one_of_each.push_back(&route);
  }
  std::sort(one_of_each.begin(), one_of_each.end(),
            [](const Route* a, const Route* b) { return a->method < b->method; });
  return methods_of(one_of_each);
}

}  // namespace authd::http
