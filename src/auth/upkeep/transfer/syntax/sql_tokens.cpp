#include "auth/upkeep/transfer/syntax/sql_tokens.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/text.h"

namespace authd::auth::transfer {
namespace {

bool is_space(int c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool is_word_char(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
         c >= 0x80;
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

bool SqlTokens::is_word(std::string_view word) const {
  return token_.kind == SqlToken::Kind::word &&
         std::equal(token_.text.begin(), token_.text.end(), word.begin(), word.end(),
                    [](char a, char b) { return upper(a) == b; });
}

const SqlToken& SqlTokens::next() {
  using Kind = SqlToken::Kind;
  token_.text.clear();
  token_.is_cut = false;
  const bool has_brackets = dialect_ != SqlDialect::postgres;  // There they belong to arrays.
  while (true) {
    const int c = source_.get();
    if (is_space(c) || skip_comment(c)) continue;
    if (c == Source::kEnd) {
      token_.kind = Kind::end;
    } else if (c == '\'' || c == '`' || c == '"' || (c == '[' && has_brackets)) {
      // MySQL's double quotes are strings (without ANSI_QUOTES), SQLite's are names.
      const bool is_text = c == '\'' || (c == '"' && dialect_ == SqlDialect::mysql);
      token_.kind = is_text ? Kind::text : Kind::name;
      take_quoted(c == '[' ? ']' : c, c != '`' && dialect_ == SqlDialect::mysql);
    } else if (is_digit(c) || (c == '-' && is_digit(source_.peek()))) {
      token_.kind = Kind::number;
      add(c);
      while (is_word_char(source_.peek()) || source_.peek() == '.')
        add(source_.get());
      if (token_.text.starts_with("0x") || token_.text.starts_with("0X")) take_hex();
    } else if (c == '$' && dialect_ == SqlDialect::postgres) {
      take_dollar_quoted();
    } else if (is_word_char(c)) {
      token_.kind = Kind::word;
      add(c);
      take_word();
    } else {
      token_.kind = Kind::sign;
      add(c);
    }
    return token_;
  }
}

void SqlTokens::take_word() {
  while (is_word_char(source_.peek()))
    add(source_.get());
  if (source_.peek() != '\'' || token_.text.size() != 1) return;
  const char letter = upper(token_.text[0]);
  const bool has_escapes = letter == 'E' && dialect_ == SqlDialect::postgres;
  if (letter != 'X' && letter != 'B' && !has_escapes) return;
  source_.get();
  token_.text = letter == 'X' ? "0x" : "";
  token_.kind = SqlToken::Kind::text;
  take_quoted('\'', has_escapes);
  if (token_.kind != SqlToken::Kind::text) return;
  if (letter == 'X') take_hex();
  if (letter == 'B') take_bits();
}

// From "01000001" to "A": the bits of b'1', as MySQL writes columns of the type BIT.
void SqlTokens::take_bits() {
  std::string bytes((token_.text.size() + 7) / 8, '\0');
  size_t at = bytes.size() * 8 - token_.text.size();
  for (const char c : token_.text) {
    if (c != '0' && c != '1') token_.kind = SqlToken::Kind::broken;
    if (c == '1') bytes[at / 8] = static_cast<char>(bytes[at / 8] | 1 << (7 - at % 8));
    ++at;
  }
  token_.text = std::move(bytes);
}

// $$…$$ or $tag$…$tag$, around the bodies of functions. A lone '$' is a sign.
void SqlTokens::take_dollar_quoted() {
  std::string tag = "$";
  while (is_word_char(source_.peek()) && source_.peek() != '$')
    tag += static_cast<char>(source_.get());
  token_.kind = SqlToken::Kind::sign;
  add('$');
  if (source_.peek() != '$') return;
  tag += static_cast<char>(source_.get());
  token_.kind = SqlToken::Kind::text;
  token_.text.clear();
  std::string last;  // as much of the end as the tag is long
  while (last != tag) {
    const int c = source_.get();
    if (c == Source::kEnd) {
      token_.kind = SqlToken::Kind::broken;
      return;
    }
    last += static_cast<char>(c);
    if (last.size() > tag.size()) last.erase(0, 1);
  }
}

// From "0x4142" to "AB".
void SqlTokens::take_hex() {
  const std::optional<std::string> bytes =
      token_.is_cut ? std::nullopt : hex_decode(std::string_view(token_.text).substr(2));
  token_.kind = bytes || token_.is_cut ? SqlToken::Kind::text : SqlToken::Kind::broken;
  token_.text = bytes.value_or("");
}

void SqlTokens::add(int c) {
  if (token_.text.size() < kMaxSqlText) {
    token_.text += static_cast<char>(c);
  } else {
    token_.is_cut = true;
  }
}

bool SqlTokens::skip_comment(int c) {
  const int second = source_.peek();
  if ((c == '-' && second == '-') || (c == '#' && dialect_ == SqlDialect::mysql)) {
    std::string line;
    if (second != Source::kEnd) source_.read_line(line, 0);
    return true;
  }
  // Code that MySQL would execute ("/*!40101 SET … */") is a comment here.
  if (c != '/' || second != '*') return false;
  source_.get();
  int last = 0;
  for (int now = source_.get(); now != Source::kEnd; now = source_.get()) {
    if (last == '*' && now == '/') break;
    last = now;
  }
  return true;
}

void SqlTokens::take_quoted(int quote, bool has_escapes) {
  while (true) {
    const int c = source_.get();
    if (c == Source::kEnd) {
      token_.kind = SqlToken::Kind::broken;
      return;
    }
    if (c == '\\' && has_escapes) {
      take_escape();
    } else if (c != quote) {
      add(c);
    } else if (source_.peek() == quote) {
      add(source_.get());
    } else {
      return;
    }
  }
}

// MySQL 8.0 reference manual, table 11.1.
void SqlTokens::take_escape() {
  const int c = source_.get();
  switch (c) {
    case Source::kEnd: return;  // The caller reaches the end next.
    case '0': return add('\0');
    case 'b': return add('\b');
    case 'n': return add('\n');
    case 'r': return add('\r');
    case 't': return add('\t');
    case 'Z': return add(0x1a);
    default: return add(c);
  }
}

}  // namespace authd::auth::transfer
