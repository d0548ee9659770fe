// The tokens of an SQL dump, one by one: the subset of the dialects that sqlite3's .dump, mysqldump
// and pg_dump write.
#pragma once

#include <string>

#include "auth/upkeep/transfer/syntax/source.h"

namespace authd::auth::transfer {

enum class SqlDialect { sqlite, mysql, postgres };

struct SqlToken {
  enum class Kind {
    end,
    word,    // a bare word: a keyword, a name, NULL
    name,    // a name in quotes, `x` or "x" or [x]
    text,    // 'x', E'x', X'…', B'…' or 0x…, decoded
    number,  // as written
    sign,    // any other character
    broken,  // the file ends in a string
  };
  Kind kind = Kind::end;
  std::string text;
  bool is_cut = false;  // a string longer than kMaxSqlText
};

inline constexpr size_t kMaxSqlText = 64 * 1024;

class SqlTokens {
 public:
  SqlTokens(Source& source, SqlDialect dialect) : source_(source), dialect_(dialect) {}

  // Skips comments and white space.
  const SqlToken& next();
  const SqlToken& token() const { return token_; }

  bool is_sign(char c) const { return token_.kind == SqlToken::Kind::sign && token_.text[0] == c; }
  // A bare word, compared without case; `word` is in capitals.
  bool is_word(std::string_view word) const;

 private:
  bool skip_comment(int c);  // false when `c` does not begin a comment
  void take_quoted(int quote, bool has_escapes);
  void take_escape();
  void take_word();
  void take_hex();
  void take_bits();
  void take_dollar_quoted();
  void add(int c);

  Source& source_;
  SqlDialect dialect_;
  SqlToken token_;
};

}  // namespace authd::auth::transfer
