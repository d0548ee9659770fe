// The table of users (kUserTables) in the text that `sqlite3 FILE .dump`, mysqldump and pg_dump
// write. The columns are those of the INSERT or COPY, or of the CREATE TABLE before it; columns
// without a meaning in authd (columns.h) are noted.
#include <algorithm>
#include <array>
#include <set>

#include "auth/upkeep/transfer/records/check.h"
#include "auth/upkeep/transfer/records/columns.h"
#include "auth/upkeep/transfer/syntax/pg_copy.h"
#include "auth/upkeep/transfer/syntax/sql_tokens.h"
#include "base/text.h"
#include "tables/users.h"

namespace authd::auth::transfer {
namespace {

using Kind = SqlToken::Kind;

constexpr size_t kMaxColumns = 1000;
constexpr size_t kMaxTablesNamed = 20;

// In small letters: the usual names, and those of Django and WordPress.
constexpr std::array<std::string_view, 5> kUserTables = {"users", "user", "auth_user", "wp_users",
                                                         "app_users"};

class SqlReader final : public RecordReader {
 public:
  SqlReader(Source& source, SqlDialect dialect)
      : source_(source), tokens_(source, dialect), dialect_(dialect) {
    source.skip_byte_order_mark();
  }

  Result<std::optional<Record>> next() override {
    while (!is_in_values_) {
      if (is_in_copy_) {
        if (auto record = read_copied_row()) return record;
        continue;
      }
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
      } else if (tokens_.is_word("COPY") && dialect_ == SqlDialect::postgres) {
        problem = read_copy();
        if (problem.empty()) continue;
      }
      if (!problem.empty()) return broken(problem);
      if (!is_in_values_) skip_statement();
      if (tokens_.token().kind == Kind::broken) return broken("the file ends in a string");
    }
    return read_row();
  }

  std::string other_content() const override {
    if (tables_.empty()) return "it has no table";
    return "it has the tables " + joined(tables_, ", ") + ", but not one of " +
           joined(kUserTables, ", ", [](std::string_view name) { return std::string(name); });
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

  bool is_user_table(const std::string& name) {
    if (std::find(kUserTables.begin(), kUserTables.end(), name) != kUserTables.end()) return true;
    if (tables_.size() < kMaxTablesNamed && !name.empty()) tables_.insert(name.substr(0, 64));
    return false;
  }

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
    if (!take_columns()) return "the columns of an INSERT cannot be read";
    if (!tokens_.is_word("VALUES")) return "an INSERT has no VALUES";
    if (columns_.empty()) return "an INSERT comes before the CREATE TABLE that names its columns";
    is_in_values_ = true;
    return "";
  }

  // ( column, … ), if it is there.
  bool take_columns() {
    if (!tokens_.is_sign('(')) return true;
    columns_.clear();
    while (!tokens_.is_sign(')')) {
      tokens_.next();
      if (!is_name() || columns_.size() >= kMaxColumns) return false;
      columns_.push_back(lower(tokens_.token().text));
      tokens_.next();
      if (!tokens_.is_sign(',') && !tokens_.is_sign(')')) return false;
    }
    tokens_.next();
    return true;
  }

  // COPY name [( columns )] FROM stdin; and lines up to "\.", also of other tables.
  std::string read_copy() {
    tokens_.next();
    is_copy_of_users_ = is_user_table(take_table_name());
    const std::vector<std::string> before = columns_;
    if (!take_columns()) return "the columns of a COPY cannot be read";
    if (!is_copy_of_users_) columns_ = before;
    while (!tokens_.is_sign(';')) {
      if (tokens_.token().kind == Kind::end || tokens_.token().kind == Kind::broken) {
        return "a COPY is cut off";
      }
      tokens_.next();
    }
    source_.read_line(copied_line_, kMaxRecord);  // what follows the ';'
    is_in_copy_ = true;
    return "";
  }

  // The next row of the COPY; nullopt at its end, and for a row of another table.
  std::optional<Record> read_copied_row() {
    Record record;
    record.line = source_.line();
    const Source::Line outcome = source_.read_line(copied_line_, kMaxRecord);
    is_in_copy_ = outcome != Source::Line::end && copied_line_ != "\\.";
    if (!is_copy_of_users_ || !is_in_copy_) return std::nullopt;
    if (outcome == Source::Line::too_long) record.problem = "the row is longer than 1 MiB";
    const std::vector<std::optional<std::string>> values = copied_values(copied_line_);
    if (record.problem.empty() && values.size() != columns_.size()) {
      record.problem = "the row has " + std::to_string(values.size()) + " values for " +
                       std::to_string(columns_.size()) + " columns";
    }
    Account account;
    for (size_t i = 0; i < values.size() && record.problem.empty(); ++i) {
      if (values[i] && !take_value(account, columns_[i], *values[i])) {
        record.problem = "the column \"" + columns_[i] + "\" cannot be read";
      }
    }
    finish(account, record);
    return record;
  }

  // The value of a column; false if it cannot be read.
  bool take_value(Account& account, const std::string& column, const std::string& text) const {
    // Supabase's column of this name is a role of PostgreSQL.
    const bool is_of_supabase =
        column == "role" && std::find(columns_.begin(), columns_.end(), "aud") != columns_.end();
    if (is_known_column(column) && !is_of_supabase) return set_column(account, column, text);
    if (!text.empty()) note_unknown(account, "column", column);
    return true;
  }

  static void finish(Account& account, Record& record) {
    settle_names(account);
    record.who = name_of(account);
    record.what = std::move(account);
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
    finish(account, record);
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
      is_good = !token.is_cut && take_value(account, columns_[column], token.text);
    } else if (is_value && column < columns_.size() && !token.text.empty()) {
      note_unknown(account, "column", columns_[column]);
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
  const SqlDialect dialect_;
  std::set<std::string> tables_;  // that are not of users
  std::vector<std::string> columns_;
  bool is_in_values_ = false;
  bool is_in_copy_ = false;
  bool is_copy_of_users_ = false;
  std::string copied_line_;
};

}  // namespace

std::unique_ptr<RecordReader> read_sqlite_dump(Source& source) {
  return std::make_unique<SqlReader>(source, SqlDialect::sqlite);
}

std::unique_ptr<RecordReader> read_mysql_dump(Source& source) {
  return std::make_unique<SqlReader>(source, SqlDialect::mysql);
}

std::unique_ptr<RecordReader> read_pg_dump(Source& source) {
  return std::make_unique<SqlReader>(source, SqlDialect::postgres);
}

}  // namespace authd::auth::transfer
