// The people of a directory as LDIF (RFC 2849), which ldapsearch and slapcat write. An entry with
// uid, mail or userPassword is a person; the others (groups, units) are not.
#include <algorithm>
#include <array>

#include "auth/upkeep/transfer/records/check.h"
#include "auth/upkeep/transfer/records/columns.h"
#include "base/encoding.h"
#include "base/text.h"

namespace authd::auth::transfer {
namespace {

struct Attribute {
  std::string_view name;    // in small letters
  std::string_view column;  // of columns.h; empty: it says nothing that authd keeps
};

constexpr std::array kAttributes = {
    Attribute{"uid", "username"},
    Attribute{"samaccountname", "username"},
    Attribute{"mail", "email"},
    Attribute{"cn", "full_name"},
    Attribute{"givenname", "first_name"},
    Attribute{"sn", "last_name"},
    Attribute{"mobile", "phone_number"},
    Attribute{"preferredlanguage", "locale"},
    Attribute{"userpassword", "password_hash"},
    Attribute{"dn", ""},
    Attribute{"changetype", ""},
    Attribute{"objectclass", ""},
    Attribute{"structuralobjectclass", ""},
    Attribute{"displayname", ""},
    Attribute{"entryuuid", ""},
    Attribute{"entrycsn", ""},
    Attribute{"creatorsname", ""},
    Attribute{"createtimestamp", ""},
    Attribute{"modifiersname", ""},
    Attribute{"modifytimestamp", ""},
};

class LdifReader final : public RecordReader {
 public:
  explicit LdifReader(Source& source) : source_(source) { source.skip_byte_order_mark(); }

  Result<std::optional<Record>> next() override {
    Record record;
    while (read_entry(record)) {
      if (!is_person_ && record.problem.empty()) {
        ++others_;
        record = {};
        continue;
      }
      settle_names(account_);
      record.who = name_of(account_);
      record.what = std::move(account_);
      return std::optional<Record>(std::move(record));
    }
    if (source_.failure()) return Error(*source_.failure());
    return std::optional<Record>{};
  }

  std::string other_content() const override {
    return "it has " + std::to_string(others_) + " entries without uid, mail and userPassword";
  }

 private:
  // A line with those that continue it; false at the end. An empty one ends an entry.
  bool read_line(std::string& line, std::string& problem) {
    std::string piece;
    Source::Line outcome = source_.read_line(line, kMaxRecord);
    if (outcome == Source::Line::end) return false;
    while (!line.empty() && source_.peek() == ' ') {
      source_.get();
      outcome = std::max(outcome, source_.read_line(piece, kMaxRecord));
      if (line.size() + piece.size() <= kMaxRecord) line += piece;
    }
    if (outcome == Source::Line::too_long) problem = "a line is longer than 1 MiB";
    return true;
  }

  // False at the end.
  bool read_entry(Record& record) {
    account_ = {};
    is_person_ = false;
    has_something_ = false;
    has_parts_of_name_ = false;
    std::string line;
    while (true) {
      const uint64_t number = source_.line();
      if (!read_line(line, record.problem)) return has_something_;
      if (line.empty()) {
        if (has_something_) return true;
        continue;
      }
      if (line.front() == '#' || lower(line).starts_with("version:")) continue;
      if (!has_something_) record.line = number;
      has_something_ = true;
      take(line, record.problem);
    }
  }

  // "name: value" or "name:: base64"; a name may have options behind a ';'.
  void take(const std::string& line, std::string& problem) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) {
      problem = "a line has no ':'";
      return;
    }
    const std::string whole = lower(std::string_view(line).substr(0, colon));
    const std::string name = whole.substr(0, whole.find(';'));
    const bool is_encoded = line.compare(colon, 2, "::") == 0;
    std::string value(trimmed(std::string_view(line).substr(colon + (is_encoded ? 2 : 1)), " "));
    if (is_encoded) {
      const std::optional<std::string> bytes = base64_decode(value);
      if (!bytes) problem = "the attribute " + name.substr(0, 64) + " is not base64";
      value = bytes.value_or("");
    }
    set(name, value);
  }

  void set(const std::string& name, const std::string& value) {
    const auto found =
        std::find_if(kAttributes.begin(), kAttributes.end(),
                     [&](const Attribute& attribute) { return attribute.name == name; });
    if (found == kAttributes.end()) {
      if (name != "memberof") return note_unknown(account_, "attribute", name);
      account_.losses.emplace_back("groups");
      return;
    }
    if (found->column.empty()) return;
    is_person_ |=
        name == "uid" || name == "samaccountname" || name == "mail" || name == "userpassword";
    // Of several values only the first is taken. First and last name win over the whole one.
    if ((name == "uid" && !account_.username.empty()) ||
        (name == "mail" && !account_.email.empty()) ||
        (name == "userpassword" && !account_.password_hash.empty())) {
      return account_.losses.push_back("another value of " + name);
    }
    if (name == "givenname" || name == "sn") {
      if (!has_parts_of_name_) account_.first_name = account_.last_name = "";
      has_parts_of_name_ = true;
    }
    if (name == "cn" && has_parts_of_name_) return;
    set_column(account_, found->column, value);
  }

  Source& source_;
  Account account_;
  bool is_person_ = false;
  bool has_something_ = false;
  bool has_parts_of_name_ = false;
  uint64_t others_ = 0;
};

}  // namespace

std::unique_ptr<RecordReader> read_ldif(Source& source) {
  return std::make_unique<LdifReader>(source);
}

}  // namespace authd::auth::transfer
