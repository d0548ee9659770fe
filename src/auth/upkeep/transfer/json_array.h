// The elements of one array in a large JSON document, one by one, as text. It understands only
// enough of the syntax to find where an element ends; the caller parses the text strictly.
#pragma once

#include <string>

#include "auth/upkeep/transfer/source.h"

namespace authd::auth::transfer {

// The arrays under `name` of the top-level object, or of each object in a top-level array.
class JsonArray {
 public:
  JsonArray(Source& source, std::string name) : source_(source), name_(std::move(name)) {}

  // The next element that is an object; false at the end. `problem` says what is wrong with it.
  bool next(std::string& text, std::string& problem);
  uint64_t line() const { return line_; }  // where the last element began

 private:
  int skip_space();                       // the byte after it, not consumed
  bool find_array(std::string& problem);  // false at the end
  std::string take_string();  // only its first bytes matter, up to the length of the name
  void take_element(std::string& text, std::string& problem);

  Source& source_;
  std::string name_;
  uint64_t line_ = 0;
  size_t depth_ = 0;         // number of open brackets
  size_t object_depth_ = 0;  // where the named arrays are
  bool is_in_array_ = false;
};

}  // namespace authd::auth::transfer
