// The file of people of a web server, as htpasswd of Apache writes it: "name:hash" in each line.
#include "auth/upkeep/transfer/records/check.h"
#include "auth/upkeep/transfer/records/columns.h"
#include "base/text.h"

namespace authd::auth::transfer {
namespace {

class HtpasswdReader final : public RecordReader {
 public:
  explicit HtpasswdReader(Source& source) : source_(source) { source.skip_byte_order_mark(); }

  Result<std::optional<Record>> next() override {
    while (true) {
      Record record;
      record.line = source_.line();
      const Source::Line outcome = source_.read_line(line_, kMaxRecord);
      if (outcome == Source::Line::end) {
        if (source_.failure()) return Error(*source_.failure());
        return std::optional<Record>{};
      }
      const std::string_view line = trimmed(line_);
      if (outcome == Source::Line::read && (line.empty() || line.front() == '#')) continue;
      const size_t colon = line.find(':');
      Account account;
      account.username = line.substr(0, colon);
      if (outcome == Source::Line::too_long) record.problem = "the line is longer than 1 MiB";
      if (colon == std::string_view::npos) {
        record.problem = "the line has no ':'";
      } else {
        account.password_hash = line.substr(colon + 1);
      }
      settle_names(account);
      record.who = colon == std::string_view::npos ? "" : name_of(account);
      record.what = std::move(account);
      return std::optional<Record>(std::move(record));
    }
  }

 private:
  Source& source_;
  std::string line_;
};

}  // namespace

std::unique_ptr<RecordReader> read_htpasswd(Source& source) {
  return std::make_unique<HtpasswdReader>(source);
}

}  // namespace authd::auth::transfer
