// Elements of a list that have a name each: the tables that the operator names (named_tables.h).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace authd::config {

// Null if there is none of this name.
template <typename T>
const T* find_by_name(const std::vector<T>& all, std::string T::*name, std::string_view wanted) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& one) { return one.*name == wanted; });
  return found == all.end() ? nullptr : &*found;
}

// The same, added at the end if it is not there.
template <typename T>
T& obtain_by_name(std::vector<T>& all, std::string T::*name, const std::string& wanted) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& one) { return one.*name == wanted; });
  if (found != all.end()) return *found;
  T made;
  made.*name = wanted;
  return all.emplace_back(std::move(made));
}

}  // namespace authd::config
