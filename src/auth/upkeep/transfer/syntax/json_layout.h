// How a JSON document lists people: in an array, in an array of an object, or one object after the
// other.
#pragma once

#include <string>
#include <string_view>

#include "auth/upkeep/transfer/syntax/json_array.h"

namespace authd::auth::transfer {

struct JsonLayout {
  JsonArray::Where where = JsonArray::Where::lines;
  std::string name;  // of the array in the object
};

// By the beginning of the document. The arrays that count are "users" and "data".
JsonLayout layout_of(std::string_view beginning);

}  // namespace authd::auth::transfer
