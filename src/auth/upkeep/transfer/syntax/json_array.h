// The objects of a large JSON document, one by one, as text. It understands only
// enough of the syntax to find where an element ends; the caller parses the text strictly.
#pragma once

#include <string>

#include "auth/upkeep/transfer/syntax/source.h"

namespace authd::auth::transfer {

class JsonArray {
 public:
  enum class Where {
    named,  // in the arrays under `name` of the top-level object, or of each one in a top-level
            // array
    top,    // in a top-level array
    lines,  // one after the other: JSON Lines, or with white space and commas between them
  };
  JsonArray(Source& source, std::string name, Where where = Where::named)
      : source_(source), name_(std::move(name)), where_(where) {}

  // The next object; false at the end. `problem` says what is wrong with it.
  bool next(std::string& text, std::string& problem);
  uint64_t line() const { return line_; }  // where the last element began

 private:
  int skip_space();                       // the byte after it, not consumed
  bool find_array(std::string& problem);  // false at the end
  bool find_start(std::string& problem);  // likewise, for other places than `named`
  std::string take_string();  // only its first bytes matter, up to the length of the name
  void take_element(std::string& text, std::string& problem);

  Source& source_;
  std::string name_;
  Where where_;
  uint64_t line_ = 0;
  size_t depth_ = 0;         // number of open brackets
  size_t object_depth_ = 0;  // where the named arrays are
  bool is_in_array_ = false;
};

}  // namespace authd::auth::transfer
