// The rows of attributes, the members of users that the operator declares
// (auth/accounts/profile/attributes.h). The rules of rows.h hold.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"

namespace authd::tables {

enum class AttributeKind : uint8_t {
  text = 1,
  number = 2,
  boolean = 3,
  texts = 4,
};

// One value.
struct AttributeRow {
  std::string name;
  AttributeKind kind{};  // never 0 in a row that is stored
  std::string text;      // a number in decimal, as it may be negative; "true" or "false"
  std::vector<std::string> texts;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "name", self.name);
    visit(2, "kind", self.kind);
    visit(3, "text", self.text);
    visit(4, "texts", self.texts);
  }
};

// All values of a user, declared today or not. Without any there is no row.
struct UserAttributes {
  UserId user;
  std::vector<std::string> values;  // each an AttributeRow as encode_row() writes it, by name
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "user", self.user);
    visit(2, "values", self.values);
  }
};

}  // namespace authd::tables
