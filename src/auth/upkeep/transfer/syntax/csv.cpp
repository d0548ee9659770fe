#include "auth/upkeep/transfer/syntax/csv.h"

#include <algorithm>

namespace authd::auth::transfer {
namespace {

// Of the separators, the most frequent one in the header, whose names contain none of them.
char separator_of(std::string_view header) {
  char best = ',';
  for (const char candidate : {';', '\t'}) {
    if (std::count(header.begin(), header.end(), candidate) >
        std::count(header.begin(), header.end(), best)) {
      best = candidate;
    }
  }
  return best;
}

}  // namespace

CsvRows::CsvRows(Source& source) : source_(source) {
  const std::string_view beginning = source.beginning();
  const std::string_view line = beginning.substr(0, beginning.find('\n'));
  constexpr std::string_view kSeparator = "sep=";
  if (line.starts_with(kSeparator) && line.size() > kSeparator.size()) {
    separator_ = line[kSeparator.size()];
    skip_line();
  } else {
    separator_ = separator_of(line);
  }
}

bool CsvRows::next(std::vector<std::string>& cells, std::string& problem) {
  constexpr size_t kMaxCells = 1000;
  while (source_.peek() == '\n' || source_.peek() == '\r')
    source_.get();
  if (source_.peek() == Source::kEnd) return false;
  line_ = source_.line();
  taken_ = 0;
  cells.clear();
  problem.clear();
  bool has_more = true;
  while (has_more && problem.empty()) {
    has_more = take_cell(cells.emplace_back(), problem);
    if (cells.size() > kMaxCells) problem = "the row has more than 1000 cells";
  }
  if (!problem.empty() && has_more) skip_line();
  return true;
}

bool CsvRows::take_cell(std::string& cell, std::string& problem) {
  if (source_.peek() == '"') take_quoted(cell, problem);
  while (problem.empty()) {
    const int c = source_.get();
    if (c == separator_) return true;
    if (c == '\n' || c == Source::kEnd) return false;
    if (c == '\r' && source_.peek() == '\n') continue;
    if (++taken_ > kMaxRecord) problem = "the row is longer than 1 MiB";
    cell += static_cast<char>(c);
  }
  return true;
}

void CsvRows::take_quoted(std::string& cell, std::string& problem) {
  source_.get();
  while (true) {
    const int c = source_.get();
    if (c == Source::kEnd || ++taken_ > kMaxRecord) {
      problem = "a quote is not closed";
      return;
    }
    if (c != '"') {
      cell += static_cast<char>(c);
    } else if (source_.peek() == '"') {
      cell += static_cast<char>(source_.get());
    } else {
      break;
    }
  }
  const int after = source_.peek();
  if (after != separator_ && after != '\n' && after != '\r' && after != Source::kEnd) {
    problem = "there is text after a closing quote";
  }
}

void CsvRows::skip_line() {
  std::string rest;
  if (source_.peek() != Source::kEnd) source_.read_line(rest, 0);
}

}  // namespace authd::auth::transfer
