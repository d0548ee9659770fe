// users_database.yml of Authelia: this exact structure, not YAML in general. Anything else
// (anchors, multi-line texts, tabs) is reported as a problem of the user where it occurs.
//
//   users:
//     john:
//       displayname: "John Doe"
//       password: "$argon2id$v=19$…"
//       email: john@example.org
//       disabled: false
//       groups:
//         - admins
#include <algorithm>

#include "auth/upkeep/transfer/records/columns.h"
#include "base/encoding.h"
#include "base/text.h"
#include "tables/users.h"

namespace authd::auth::transfer {
namespace {

// Takes a scalar from the front of `text`. A plain one ends before one of `ends` or " #". nullopt
// if the syntax is not supported.
std::optional<std::string> take_scalar(std::string_view& text, std::string_view ends) {
  text = trimmed(text, " ");
  std::string value;
  if (text.empty()) return value;
  const char quote = text.front();
  if (quote != '"' && quote != '\'') {
    if (std::string_view("&*!|>%@`{[").find(quote) != std::string_view::npos) return std::nullopt;
    size_t end = std::min(text.find(" #"), text.find_first_of(ends));
    end = std::min(end, text.size());
    value = trimmed(text.substr(0, end));
    text.remove_prefix(end);
    return value;
  }
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      i += 1;
      if (i == text.size() || (text[i] != '"' && text[i] != '\\' && text[i] != '/')) break;
      value += text[i];
    } else if (text[i] != quote) {
      value += text[i];
    } else if (quote == '\'' && i + 1 < text.size() && text[i + 1] == quote) {
      value += text[i++];
    } else {
      text = trimmed(text.substr(i + 1));
      return value;
    }
  }
  return std::nullopt;
}

bool is_rest_empty(std::string_view text) {
  text = trimmed(text, " ");
  return text.empty() || text.front() == '#';
}

struct Line {
  uint64_t number = 0;
  size_t indent = 0;
  std::string text;  // without the indent
  bool is_long = false;
};

// Where the value begins in a line with a key: after ": ", or after a ':' that ends the line.
struct KeyLine {
  std::string key;
  std::string_view value;
};

std::optional<KeyLine> split_key(std::string_view text) {
  if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
    std::optional<std::string> key = take_scalar(text, "");
    if (!key || !text.starts_with(':')) return std::nullopt;
    return KeyLine{std::move(*key), trimmed(text.substr(1))};
  }
  const size_t colon =
      text.ends_with(':') ? std::min(text.find(": "), text.size() - 1) : text.find(": ");
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  return KeyLine{std::string(trimmed(text.substr(0, colon))), trimmed(text.substr(colon + 1))};
}

class AutheliaReader final : public RecordReader {
 public:
  explicit AutheliaReader(Source& source) : source_(source) { source.skip_byte_order_mark(); }

  Result<std::optional<Record>> next() override {
    if (!is_in_users_) TRY(find_users());
    if (!line_ && !advance()) return end();
    if (line_->indent == 0) return end();
    Record record;
    record.line = line_->number;
    const std::optional<KeyLine> head = split_key(line_->text);
    const size_t indent = line_->indent;
    if (!head || !is_rest_empty(head->value)) record.problem = "a user's name and ':' is expected";
    Account account;
    if (head) account.username = head->key;
    check(record);
    advance();
    read_fields(account, record, indent);
    settle_names(account);
    record.what = std::move(account);
    return std::optional<Record>(std::move(record));
  }

 private:
  Result<std::optional<Record>> end() {
    if (source_.failure()) return Error(*source_.failure());
    return std::optional<Record>{};
  }

  // The next line that is not blank or a comment; false at the end.
  bool advance() {
    line_.reset();
    Line line;
    while (true) {
      line.number = source_.line();
      const Source::Line outcome = source_.read_line(line.text, kMaxRecord);
      if (outcome == Source::Line::end) return false;
      line.is_long = outcome == Source::Line::too_long;
      line.indent = std::min(line.text.find_first_not_of(' '), line.text.size());
      line.text.erase(0, line.indent);
      const bool is_empty = line.text.empty() || line.text.front() == '#' || line.text == "---";
      if (is_empty && !line.is_long) continue;
      line_ = std::move(line);
      return true;
    }
  }

  Result<void> find_users() {
    while (advance()) {
      if (line_->indent == 0 && line_->text.starts_with("users:")) {
        is_in_users_ = true;
        advance();
        return {};
      }
    }
    if (source_.failure()) return Error(*source_.failure());
    return Error{ErrorCode::invalid, "the file has no \"users:\""};
  }

  void check(Record& record) const {
    if (line_->is_long) record.problem = "a line is longer than 1 MiB";
    if (line_->text.starts_with('\t')) record.problem = "a line is indented with a tab";
  }

  // The lines of one user: those indented deeper than the user's own line.
  void read_fields(Account& account, Record& record, size_t indent) {
    size_t field_indent = 0;
    std::string key;  // whose list or map is being read
    while (line_ && line_->indent > indent) {
      check(record);
      if (field_indent == 0) field_indent = line_->indent;
      if (line_->text.starts_with("- ") && line_->indent >= field_indent) {
        std::string_view item = std::string_view(line_->text).substr(2);
        if (key == "groups") add_group(account, record, item, "");
      } else if (line_->indent == field_indent) {
        key = read_field(account, record);
      } else if (line_->indent < field_indent || key != "extra") {
        fail(record, line_->text);
      }
      advance();
    }
  }

  void fail(Record& record, std::string_view what) const {
    if (!record.problem.empty()) return;
    record.problem = "line " + std::to_string(line_->number) +
                     " cannot be read: " + std::string(what.substr(0, 20));
  }

  void add_group(Account& account, Record& record, std::string_view& item,
                 std::string_view ends) const {
    const std::optional<std::string> group = take_scalar(item, ends);
    if (!group || (ends.empty() && !is_rest_empty(item))) return fail(record, "a group");
    if (!group->empty()) account.roles.push_back(lower(*group));
  }

  // "[a, 'b']"
  void read_group_list(Account& account, Record& record, std::string_view list) const {
    list.remove_prefix(1);
    while (true) {
      add_group(account, record, list, ",]");
      list = trimmed(list);
      if (list.starts_with(']') && is_rest_empty(list.substr(1))) return;
      if (!list.starts_with(',')) return fail(record, "groups");
      list.remove_prefix(1);
    }
  }

  // Returns the key.
  std::string read_field(Account& account, Record& record) const {
    const std::optional<KeyLine> field = split_key(line_->text);
    if (!field) {
      fail(record, line_->text);
      return "";
    }
    std::string_view rest = field->value;
    if (field->key == "groups" && rest.starts_with('[')) {
      read_group_list(account, record, rest);
      return field->key;
    }
    const bool is_used = is_known_field(field->key);
    const std::optional<std::string> value = take_scalar(rest, "");
    if (!value || !is_rest_empty(rest)) {
      if (is_used) fail(record, field->key);
      return field->key;
    }
    if (!is_used) return value->empty() || value->front() == '#' ? "extra" : field->key;
    if (!set_field(account, field->key, *value)) fail(record, field->key);
    return field->key;
  }

  static bool is_known_field(std::string_view key) {
    for (const char* known : {"displayname", "password", "email", "disabled", "given_name",
                              "family_name", "phone_number", "groups"}) {
      if (key == known) return true;
    }
    return false;
  }

  static bool set_field(Account& account, std::string_view key, const std::string& value) {
    if (key == "displayname" && account.first_name.empty() && account.last_name.empty()) {
      set_full_name(account, value);
    }
    if (key == "given_name" && !value.empty()) account.first_name = value;
    if (key == "family_name" && !value.empty()) account.last_name = value;
    if (key == "password") account.password_hash = value;
    if (key == "email") account.email = value;
    if (key == "phone_number") account.phone_number = value;
    if (key != "disabled") return true;
    const std::optional<bool> flag = parse_flag(value);
    account.disabled = flag.value_or(false);
    return flag.has_value();
  }

  Source& source_;
  bool is_in_users_ = false;
  std::optional<Line> line_;
};

}  // namespace

std::unique_ptr<RecordReader> read_authelia(Source& source) {
  return std::make_unique<AutheliaReader>(source);
}

}  // namespace authd::auth::transfer
