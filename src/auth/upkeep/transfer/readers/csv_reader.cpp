// CSV with a header that names the columns (columns.h). An unknown column is refused: with a typo
// in "password_hash", everybody would be imported without a password.
#include "auth/upkeep/transfer/records/check.h"
#include "auth/upkeep/transfer/records/columns.h"
#include "auth/upkeep/transfer/syntax/csv.h"

namespace authd::auth::transfer {
namespace {

class CsvReader final : public RecordReader {
 public:
  explicit CsvReader(Source& source) : source_(source), rows_(source) {}

  Result<std::optional<Record>> next() override {
    if (header_.empty()) TRY(read_header());
    Record record;
    if (!rows_.next(cells_, record.problem)) {
      if (source_.failure()) return Error(*source_.failure());
      return std::optional<Record>{};
    }
    record.line = rows_.line();
    if (record.problem.empty() && cells_.size() != header_.size()) {
      record.problem = "the row has " + std::to_string(cells_.size()) + " cells and the header " +
                       std::to_string(header_.size());
    }
    Account account;
    for (size_t i = 0; i < cells_.size() && record.problem.empty(); ++i) {
      if (!set_column(account, header_[i], cells_[i])) {
        record.problem = "the column \"" + header_[i] + "\" cannot be read";
      }
    }
    settle_names(account);
    record.who = name_of(account);
    record.what = std::move(account);
    return std::optional<Record>(std::move(record));
  }

 private:
  Result<void> read_header() {
    std::string problem;
    if (!rows_.next(header_, problem) || !problem.empty()) {
      return Error{ErrorCode::invalid, "the file has no header that names the columns"};
    }
    for (std::string& name : header_) {
      name = column_name(name);
      if (!is_known_column(name)) {
        return Error{ErrorCode::invalid, "the header names the column \"" + name.substr(0, 100) +
                                             "\", which is unknown"};
      }
    }
    return {};
  }

  Source& source_;
  CsvRows rows_;
  std::vector<std::string> header_;
  std::vector<std::string> cells_;
};

}  // namespace

std::unique_ptr<RecordReader> read_csv(Source& source) {
  source.skip_byte_order_mark();
  return std::make_unique<CsvReader>(source);
}

}  // namespace authd::auth::transfer
