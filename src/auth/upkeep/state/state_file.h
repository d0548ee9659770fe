// The files of `authd apply` as a flat list of their entries, before they are interpreted: TOML, or
// JSON of the same shape.
//
//   [roles.editor]                        {"roles": {"editor": {"permissions": ["posts:write"]}}}
//   permissions = ["posts:write"]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/profile/attributes.h"
#include "base/result.h"

namespace authd::auth::state {

inline constexpr size_t kMaxStateFile = 8 << 20;     // bytes
inline constexpr size_t kMaxStateFiles = 1000;       // of a directory
inline constexpr size_t kMaxStateBytes = 32u << 20;  // of all files together

struct StateEntry {
  std::vector<std::string> path;        // {"roles", "editor", "permissions"}
  std::optional<AttributeValue> value;  // nullopt: a table without members
  std::string file;
  std::string place;  // "state.toml:12", "state.json"
};

// What one file says, in its order. It is JSON if it begins with '{', otherwise TOML. Errors:
// `invalid` and `malformed`, with the place; for a value that is neither a text, a whole number,
// true or false, nor a list of texts.
Result<std::vector<StateEntry>> parse_state(std::string_view text, const std::string& file);

// The files that the names mean: of a directory, those in it that end with .toml or .json and do
// not begin with a dot, in the order of their names. "-" is standard input. Errors: `not_found`,
// `unavailable`; `usage` for a directory without any, and `invalid` for what is neither.
Result<std::vector<std::string>> state_files(const std::vector<std::string>& names);

// What all of them say. Errors: as above; `too_large`.
Result<std::vector<StateEntry>> read_state(const std::vector<std::string>& names);

// Text of a file for people: quoted, without characters that move a cursor.
std::string shown(std::string_view text);

}  // namespace authd::auth::state
