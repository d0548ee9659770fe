// auth.users of Supabase (GoTrue), as CSV (`COPY … WITH CSV HEADER`) or as JSON Lines
// (`row_to_json`). Its column "role" is a PostgreSQL role and is ignored. Users write
// raw_user_meta_data themselves, so only names are taken from it.
#include "auth/upkeep/transfer/records/columns.h"
#include "auth/upkeep/transfer/syntax/csv.h"
#include "auth/upkeep/transfer/syntax/json_layout.h"
#include "base/json.h"

namespace authd::auth::transfer {
namespace {

Result<void> take_names(Account& account, const JsonObject& data) {
  const auto text = [&](const char* field) {
    const auto value = data.optional_string(field);  // A value of another type is ignored.
    return value && *value ? **value : std::string();
  };
  if (std::string name = text("full_name"); !name.empty()) {
    set_full_name(account, name);
  } else if (name = text("name"); !name.empty()) {
    set_full_name(account, name);
  }
  if (std::string first = text("first_name"); !first.empty()) account.first_name = first;
  if (std::string last = text("last_name"); !last.empty()) account.last_name = last;
  return {};
}

Result<Time> time_of(std::string_view text) {
  const std::optional<Time> time = parse_time(text);
  if (time) return *time;
  return Error{ErrorCode::invalid, "\"" + std::string(text.substr(0, 40)) + "\" is not a time"};
}

// One column as text; empty: NULL.
Result<void> set_cell(Account& account, std::string_view name, const std::string& text) {
  if (text.empty()) return {};
  if (name == "email") account.email = text;
  if (name == "encrypted_password") account.password_hash = text;
  if (name == "email_confirmed_at") account.email_verified = true;
  // GoTrue stores numbers without the plus sign.
  if (name == "phone") account.phone_number = text.starts_with('+') ? text : "+" + text;
  if (name == "created_at") account.created_at = TRY(time_of(text));
  if (name == "updated_at") account.updated_at = TRY(time_of(text));
  if (name == "last_sign_in_at") account.last_activity = TRY(time_of(text));
  if (name == "banned_until") account.disabled_until = TRY(time_of(text));
  if (name == "deleted_at") {
    return Error{ErrorCode::invalid, "the account was deleted in Supabase"};
  }
  if (name == "raw_user_meta_data") {
    return take_names(account, TRY(JsonObject::parse(text)));
  }
  return {};
}

class SupabaseCsvReader final : public RecordReader {
 public:
  explicit SupabaseCsvReader(Source& source) : source_(source), rows_(source) {}

  Result<std::optional<Record>> next() override {
    std::string problem;
    if (header_.empty() && (!rows_.next(header_, problem) || !problem.empty())) {
      return Error{ErrorCode::invalid, "the file has no header that names the columns"};
    }
    Record record;
    if (!rows_.next(cells_, record.problem)) {
      if (source_.failure()) return Error(*source_.failure());
      return std::optional<Record>{};
    }
    record.line = rows_.line();
    if (record.problem.empty() && cells_.size() != header_.size()) {
      record.problem = "the number of cells differs from the header";
    }
    Account account;
    for (size_t i = 0; i < cells_.size() && record.problem.empty(); ++i) {
      const Result<void> done = set_cell(account, header_[i], cells_[i]);
      if (!done) record.problem = header_[i] + ": " + done.error().message;
    }
    record.who = account.email;
    record.what = std::move(account);
    return std::optional<Record>(std::move(record));
  }

 private:
  Source& source_;
  CsvRows rows_;
  std::vector<std::string> header_;
  std::vector<std::string> cells_;
};

class SupabaseJsonReader final : public RecordReader {
 public:
  SupabaseJsonReader(Source& source, const JsonLayout& layout)
      : source_(source), users_(source, layout.name, layout.where) {}

  Result<std::optional<Record>> next() override {
    Record record;
    if (!users_.next(line_, record.problem)) {
      if (source_.failure()) return Error(*source_.failure());
      return std::optional<Record>{};
    }
    record.line = users_.line();
    if (!record.problem.empty()) return std::optional<Record>(std::move(record));
    Result<Account> account = read();
    if (account) {
      record.what = std::move(*account);
    } else {
      record.problem = account.error().message;
    }
    return std::optional<Record>(std::move(record));
  }

 private:
  Result<Account> read() {
    const JsonObject line = TRY(JsonObject::parse(line_));
    Account account;
    for (const char* name :
         {"email", "encrypted_password", "email_confirmed_at", "phone", "created_at", "updated_at",
          "last_sign_in_at", "banned_until", "deleted_at"}) {
      TRY(set_cell(account, name, TRY(line.optional_string(name)).value_or("")));
    }
    if (!line.is_null("raw_user_meta_data") && line.has("raw_user_meta_data")) {
      TRY(take_names(account, TRY(line.object("raw_user_meta_data"))));
    }
    return account;
  }

  Source& source_;
  JsonArray users_;
  std::string line_;
};

}  // namespace

std::unique_ptr<RecordReader> read_supabase(Source& source) {
  source.skip_byte_order_mark();
  const std::string_view beginning = source.beginning();
  if (beginning.find_first_of("{[") == beginning.find_first_not_of(" \t\r\n")) {
    return std::make_unique<SupabaseJsonReader>(source, layout_of(beginning));
  }
  return std::make_unique<SupabaseCsvReader>(source);
}

}  // namespace authd::auth::transfer
