// The table "users" or "user" in the text that `sqlite3 FILE .dump` and mysqldump write. The
// columns are those of the INSERT, or of the CREATE TABLE before it; columns without a meaning in
// authd (columns.h) are skipped.
#include "auth/upkeep/transfer/columns.h"
#include "auth/upkeep/transfer/sql_tokens.h"
#include "base/text.h"
#include "tables/users.h"

namespace authd::auth::transfer {
namespace {

using Kind = SqlToken::Kind;

constexpr size_t kMaxColumns = 1000;

class SqlReader final : public RecordReader {
 public:
  SqlReader(Source& source, SqlDialect dialect) : source_(source), tokens_(source, dialect) {
    source.skip_byte_order_mark();
  }

  Result<std::optional<Record>> next() override {
    while (!is_in_values_) {
      tokens_.next();
      if (tokens_.token().kind == Kind::end) {
        if (source_.failure()) return Error(*source_.failure());
        return std::optional<Record>{};
      }
      std::string problem;
      if (tokens_.is_word("CREATE")) {
        problem = read_create();
      } else if (tokens_.is_word("INSERT") || tokens_.is_word("REPLACE")) {
        problem = read_insert();
      }
      if (!problem.empty()) return broken(problem);
      if (!is_in_values_) skip_statement();
      if (tokens_.token().kind == Kind::broken) return broken("the file ends in a string");
    }
    return read_row();
  }

 private:
  bool is_name() const {
    return tokens_.token().kind == Kind::word || tokens_.token().kind == Kind::name;
  }

  // After this, the rest of the statement cannot be trusted.
  std::optional<Record> broken(const std::string& why) {
    Record record;
    record.line = source_.line();
    record.problem = why;
    is_in_values_ = false;
    skip_statement();
    return record;
  }

  void skip_statement() {
    while (!tokens_.is_sign(';') && tokens_.token().kind != Kind::end &&
           tokens_.token().kind != Kind::broken) {
      tokens_.next();
    }
  }

  // The last part of "auth"."users" in lower case; afterwards, the current token is the one after
  // it.
  std::string take_table_name() {
    std::string name;
    while (is_name()) {
      name = lower(tokens_.token().text);
      tokens_.next();
      if (!tokens_.is_sign('.')) break;
      tokens_.next();
    }
    return name;
  }

  static bool is_user_table(std::string_view name) { return name == "users" || name == "user"; }

  // CREATE TABLE [IF NOT EXISTS] name ( column type …, … )
  std::string read_create() {
    tokens_.next();
    if (!tokens_.is_word("TABLE")) return "";
    tokens_.next();
    while (tokens_.is_word("IF") || tokens_.is_word("NOT") || tokens_.is_word("EXISTS"))
      tokens_.next();
    if (!is_user_table(take_table_name()) || !tokens_.is_sign('(')) return "";
    columns_.clear();
    size_t depth = 1;
    bool is_first = true;  // of a column's definition
    while (depth > 0) {
      tokens_.next();
      const SqlToken& token = tokens_.token();
      if (token.kind == Kind::end || token.kind == Kind::broken) return "a CREATE TABLE is cut off";
      if (is_first && is_name() && !begins_constraint()) {
        if (columns_.size() >= kMaxColumns) return "the table has more than 1000 columns";
        columns_.push_back(lower(token.text));
      }
      is_first = depth == 1 && tokens_.is_sign(',');
      if (tokens_.is_sign('(')) ++depth;
      if (tokens_.is_sign(')')) --depth;
    }
    return "";
  }

  bool begins_constraint() const {
    for (const char* word : {"PRIMARY", "KEY", "UNIQUE", "CONSTRAINT", "INDEX", "FOREIGN", "CHECK",
                             "FULLTEXT", "SPATIAL"}) {
      if (tokens_.is_word(word)) return true;
    }
    return false;
  }

  // INSERT [OR …|IGNORE] INTO name [( columns )] VALUES
  std::string read_insert() {
    while (!tokens_.is_word("INTO")) {
      tokens_.next();
      if (tokens_.is_sign(';') || tokens_.token().kind == Kind::end) return "";
    }
    tokens_.next();
    if (!is_user_table(take_table_name())) return "";
    if (tokens_.is_sign('(')) {
      columns_.clear();
      while (!tokens_.is_sign(')')) {
        tokens_.next();
        if (!is_name() || columns_.size() >= kMaxColumns)
          return "the columns of an INSERT cannot be read";
        columns_.push_back(lower(tokens_.token().text));
        tokens_.next();
        if (!tokens_.is_sign(',') && !tokens_.is_sign(')'))
          return "the columns of an INSERT cannot be read";
      }
      tokens_.next();
    }
    if (!tokens_.is_word("VALUES")) return "an INSERT has no VALUES";
    if (columns_.empty()) return "an INSERT comes before the CREATE TABLE that names its columns";
    is_in_values_ = true;
    return "";
  }

  // ( value, … ) and what follows: a comma or the end of the statement.
  Result<std::optional<Record>> read_row() {
    tokens_.next();
    Record record;
    record.line = source_.line();
    if (!tokens_.is_sign('(')) return broken("an INSERT cannot be read: a row does not begin");
    Account account;
    size_t column = 0;
    while (!tokens_.is_sign(')')) {
      const std::string wrong = read_value(account, column++, record.problem);
      if (!wrong.empty()) return broken(wrong);
    }
    if (record.problem.empty() && column != columns_.size()) {
      record.problem = "the row has " + std::to_string(column) + " values for " +
                       std::to_string(columns_.size()) + " columns";
    }
    tokens_.next();
    // The next call reports anything other than a comma or an end.
    is_in_values_ = !tokens_.is_sign(';') && !tokens_.is_word("ON") && !tokens_.is_word("AS") &&
                    tokens_.token().kind != Kind::end;
    if (!is_in_values_) skip_statement();
    settle_names(account);
    record.what = std::move(account);
    return std::optional<Record>(std::move(record));
  }

  // One value and the comma or parenthesis after it. Returns an error that makes the rest of the
  // statement unreadable; `problem` concerns only this row.
  std::string read_value(Account& account, size_t column, std::string& problem) {
    tokens_.next();
    // A character set before a string: _binary 'x'.
    if (tokens_.token().kind == Kind::word && tokens_.token().text.starts_with('_')) tokens_.next();
    const SqlToken& token = tokens_.token();
    if (token.kind == Kind::end || token.kind == Kind::broken) return "the file ends in a row";
    if (tokens_.is_sign(',') || tokens_.is_sign(')') || tokens_.is_sign(';')) {
      return "an INSERT cannot be read: a value is missing";
    }
    const bool is_used = column < columns_.size() && is_known_column(columns_[column]);
    const bool is_value = token.kind == Kind::text || token.kind == Kind::number ||
                          tokens_.is_word("TRUE") || tokens_.is_word("FALSE");
    bool is_good = is_value || tokens_.is_word("NULL");
    if (is_used && is_value) {
      is_good = !token.is_cut && set_column(account, columns_[column], token.text);
    }
    tokens_.next();
    // An expression, such as sqlite3's replace('a\nb','\n',char(10)) for a text with a line end.
    size_t depth = 0;
    while (depth > 0 || (!tokens_.is_sign(',') && !tokens_.is_sign(')'))) {
      if (token.kind == Kind::end || token.kind == Kind::broken || tokens_.is_sign(';')) {
        return "an INSERT cannot be read: a value does not end";
      }
      is_good = false;
      if (tokens_.is_sign('(')) ++depth;
      if (tokens_.is_sign(')')) --depth;
      tokens_.next();
    }
    if (is_used && !is_good && problem.empty()) {
      problem = "the column \"" + columns_[column] + "\" cannot be read";
    }
    return "";
  }

  Source& source_;
  SqlTokens tokens_;
  std::vector<std::string> columns_;
  bool is_in_values_ = false;
};

}  // namespace

std::unique_ptr<RecordReader> read_sqlite_dump(Source& source) {
  return std::make_unique<SqlReader>(source, SqlDialect::sqlite);
}

std::unique_ptr<RecordReader> read_mysql_dump(Source& source) {
  return std::make_unique<SqlReader>(source, SqlDialect::mysql);
}

}  // namespace authd::auth::transfer
