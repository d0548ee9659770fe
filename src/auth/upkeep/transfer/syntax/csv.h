// Comma-separated values (RFC 4180), row by row. Lines may end with LF or CRLF, and a quoted cell
// may contain line ends. Spreadsheets of other languages separate by ';' or tabs, and may say so in
// a first line "sep=;".
#pragma once

#include <string>
#include <vector>

#include "auth/upkeep/transfer/syntax/source.h"

namespace authd::auth::transfer {

class CsvRows {
 public:
  // Finds the separator from the beginning of the source, of which nothing may be consumed yet but
  // a byte order mark, and skips a line "sep=".
  explicit CsvRows(Source& source);

  // The cells of the next row that is not empty; false at the end. `problem` says why a row cannot
  // be read; the next call continues after it.
  bool next(std::vector<std::string>& cells, std::string& problem);
  // Where the last row began.
  uint64_t line() const { return line_; }

 private:
  // A cell without its terminator. False when it was the last of its row.
  bool take_cell(std::string& cell, std::string& problem);
  void take_quoted(std::string& cell, std::string& problem);
  void skip_line();

  Source& source_;
  char separator_ = ',';
  uint64_t line_ = 0;
  size_t taken_ = 0;  // bytes of the row
};

}  // namespace authd::auth::transfer
