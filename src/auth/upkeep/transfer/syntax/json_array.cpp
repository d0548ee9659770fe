#include "auth/upkeep/transfer/syntax/json_array.h"

namespace authd::auth::transfer {

bool JsonArray::next(std::string& text, std::string& problem) {
  text.clear();
  problem.clear();
  while (true) {
    if (!is_in_array_ && !find_array(problem)) {
      line_ = source_.line();
      return !problem.empty();
    }
    int c = skip_space();
    while (c == ',') {
      source_.get();
      c = skip_space();
    }
    line_ = source_.line();
    if (where_ == Where::lines && c == Source::kEnd) return false;
    if (c == ']') {
      source_.get();
      is_in_array_ = false;
      continue;
    }
    if (c != '{') {
      is_in_array_ = false;
      problem =
          "the rest of the list of users cannot be read: it has an element that is not an object";
      if (where_ != Where::lines) return true;
      source_.read_line(text, 0);
      problem = "the line is not a JSON object";
      return true;
    }
    take_element(text, problem);
    return true;
  }
}

int JsonArray::skip_space() {
  int c = source_.peek();
  while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
    source_.get();
    c = source_.peek();
  }
  return c;
}

bool JsonArray::find_start(std::string& problem) {
  const int c = skip_space();
  if (c == Source::kEnd) return false;
  is_in_array_ = where_ == Where::lines || c == '[';
  if (where_ == Where::top) source_.get();
  if (is_in_array_) return true;
  problem = "the file has something that is not a list";
  std::string rest;
  while (source_.read_line(rest, 0) != Source::Line::end) {
  }
  return false;
}

bool JsonArray::find_array(std::string& problem) {
  if (where_ != Where::named) return find_start(problem);
  while (true) {
    const int c = skip_space();
    if (c == Source::kEnd) {
      if (depth_ != 0) problem = "the file ends in the middle";
      depth_ = 0;
      return false;
    }
    if (c == '"') {
      const std::string name = take_string();
      if (depth_ != object_depth_ || name != name_ || skip_space() != ':') continue;
      source_.get();
      if (skip_space() != '[') continue;
      source_.get();
      is_in_array_ = true;
      return true;
    }
    source_.get();
    if (depth_ == 0 && (c == '{' || c == '[')) object_depth_ = c == '{' ? 1 : 2;
    if (c == '{' || c == '[') ++depth_;
    if ((c == '}' || c == ']') && depth_ > 0) --depth_;
  }
}

std::string JsonArray::take_string() {
  std::string text;
  source_.get();
  for (int c = source_.get(); c != Source::kEnd && c != '"'; c = source_.get()) {
    if (c == '\\') source_.get();
    if (text.size() <= name_.size()) text += static_cast<char>(c);
  }
  return text;
}

void JsonArray::take_element(std::string& text, std::string& problem) {
  size_t depth = 0;
  bool is_in_string = false;
  bool is_escaped = false;
  do {
    const int c = source_.get();
    if (c == Source::kEnd) {
      problem = "the file ends in the middle of a record";
      is_in_array_ = false;
      depth_ = 0;
      return;
    }
    if (text.size() < kMaxRecord) {
      text += static_cast<char>(c);
    } else {
      problem = "the record is longer than 1 MiB";
    }
    if (is_escaped) {
      is_escaped = false;
    } else if (is_in_string) {
      is_escaped = c == '\\';
      is_in_string = c != '"';
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  } while (depth > 0);
}

}  // namespace authd::auth::transfer
