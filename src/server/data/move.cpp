#include "server/data/move.h"

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest_stream.h"
#include "server/data/other_hosts.h"
#include "server/data/scratch.h"
#include "server/data/store_options.h"
#include "store/directory.h"
#include "store/engine.h"

namespace authd::server {
namespace {

// As much as one read of the source takes.
constexpr size_t kPieceBytes = 1 << 20;
constexpr uint64_t kShowEvery = 1000;  // records

Error changed_meanwhile() {
  return Error{ErrorCode::conflict,
               "something else wrote to the data while it was copied: end all other commands, and "
               "run this again; the target was left empty"};
}

// The digest of records, whatever their lengths.
class RecordDigest {
 public:
  void add(std::string_view key, std::string_view value) {
    for (const std::string_view part : {key, value}) {
      stream_.add(std::to_string(part.size()) + ":");
      stream_.add(part);
    }
    records_ += 1;
  }
  uint64_t records() const { return records_; }
  std::string finish() { return hex_encode(stream_.finish()); }

 private:
  crypto::DigestStream stream_{crypto::DigestStream::Algorithm::sha256};
  uint64_t records_ = 0;
};

// The records of one committed state, in pieces: store::load() asks for them one by one, and no
// transaction may stay open between.
class Records {
 public:
  explicit Records(store::Store& store) : store_(store) {}

  // False: there are no more. The views are valid until the next call.
  Result<bool> next(std::string_view& key, std::string_view& value) {
    if (at_ == piece_.size() && !TRY(read_piece())) return false;
    key = piece_[at_].first;
    value = piece_[at_].second;
    at_ += 1;
    return true;
  }

 private:
  using Piece = std::vector<std::pair<std::string, std::string>>;
  struct Seen {
    uint64_t state = 0;
    Piece records;
  };

  // Begins with the last key of the piece before, which is skipped: the one after it may be too
  // long for a bound.
  Result<bool> read_piece() {
    const std::string last = piece_.empty() ? "" : piece_.back().first;
    Seen seen = TRY(store_.read([&](store::ReadTxn& tx) -> Result<Seen> {
      Seen found{tx.snapshot(), {}};
      size_t bytes = 0;
      tx.scan(last, "", [&](std::string_view key, std::string_view value) {
        if (key != last) found.records.emplace_back(key, value);
        bytes += key.size() + value.size();
        return bytes < kPieceBytes || found.records.empty();
      });
      return found;
    }));
    if (state_ && *state_ != seen.state) return changed_meanwhile();
    state_ = seen.state;
    piece_ = std::move(seen.records);
    at_ = 0;
    return !piece_.empty();
  }

  store::Store& store_;
  std::optional<uint64_t> state_;
  Piece piece_;
  size_t at_ = 0;
};

void show(const MovePlan& plan, uint64_t done, uint64_t all) {
  if (plan.progress && done % kShowEvery == 0 && done < all) plan.progress(done, all);
}

void show_end(const MovePlan& plan, uint64_t all) {
  if (plan.progress) plan.progress(all, all);
}

Result<MoveReport> fill(store::Store& source, const store::Options& target, const MovePlan& plan) {
  const uint64_t all = source.stats().entries;
  Records records(source);
  RecordDigest digest;
  TRY(store::load(target, [&](std::string_view& key, std::string_view& value) -> Result<bool> {
    if (!TRY(records.next(key, value))) {
      if (digest.records() > 0) return false;
      return Error{ErrorCode::not_found,
                   "there is no data to move: check the configuration, and "
                   "name the server's directory with --data-dir"};
    }
    digest.add(key, value);
    show(plan, digest.records(), all);
    return true;
  }));
  show_end(plan, digest.records());
  MoveReport report{digest.records(), ""};
  report.digest = digest.finish();
  return report;
}

// Reads the target as any other process will.
Result<void> compare(const store::Options& target, Log& log, const MoveReport& wanted,
                     const MovePlan& plan) {
  const std::unique_ptr<store::Store> store = TRY(store::open(target, log));
  RecordDigest digest;
  TRY(store->copy([&](std::string_view key, std::string_view value) -> Result<void> {
    digest.add(key, value);
    show(plan, digest.records(), wanted.records);
    return {};
  }));
  show_end(plan, wanted.records);
  const uint64_t records = digest.records();
  if (records == wanted.records && digest.finish() == wanted.digest) return {};
  return Error{ErrorCode::invalid, "the target does not hold what was written (" +
                                       std::to_string(records) + " records instead of " +
                                       std::to_string(wanted.records) +
                                       "): do not use it, and move again into an empty one"};
}

Result<MoveReport> move_to_postgresql(const config::Config& config, Log& log, const MovePlan& plan,
                                      store::Store& source) {
  // The servers copy the data into their own directories.
  const Scratch scratch = TRY(Scratch::make(config.server.data_dir));
  config::Config target = config;
  target.store.engine = plan.to;
  if (!plan.url.empty()) target.store.url = plan.url;
  target.server.data_dir = scratch.path();
  const store::Options options = store_options(target);
  MoveReport report = TRY(fill(source, options, plan));
  TRY(compare(options, log, report, plan));
  return report;
}

Result<MoveReport> move_to_file(const config::Config& config, Log& log, const MovePlan& plan,
                                store::Store& source) {
  TRY(store::prepare_directory(plan.directory, log));
  std::optional<store::ServerLock> lock;  // The source holds that of its own directory.
  std::error_code ignored;
  if (!std::filesystem::equivalent(plan.directory, config.server.data_dir, ignored)) {
    lock.emplace(TRY(store::ServerLock::take(plan.directory)));
  }
  if (store::has_database(plan.directory)) {
    return Error{ErrorCode::conflict,
                 "there is a database in " + plan.directory + " already: name another directory"};
  }
  const Scratch scratch = TRY(Scratch::make(plan.directory));
  const store::Options options = copy_options(config, scratch.path());
  MoveReport report = TRY(fill(source, options, plan));
  TRY(compare(options, log, report, plan));
  const std::string fresh = store::files_of(scratch.path()).data;
  store::adopt_owner(fresh);
  TRY(store::replace(plan.directory, fresh, ""));
  return report;
}

}  // namespace

Result<MoveReport> move_data(const config::Config& config, Log& log, const MovePlan& plan) {
  const store::Options options = store_options(config);
  if (!store::has_database(options)) {
    return Error{ErrorCode::not_found, "there is no database in " + options.directory +
                                           ": name the server's directory with --data-dir"};
  }
  TRY(store::prepare_directory(options.directory, log));
  const store::ServerLock lock = TRY(store::ServerLock::take(options.directory));
  const std::vector<store::Node> others = TRY(other_servers(config));
  if (!others.empty()) {
    return Error{ErrorCode::conflict, "servers of other hosts use this data (" +
                                          joined(others, ", ", &store::Node::name) +
                                          "): stop them first"};
  }
  const std::unique_ptr<store::Store> source = TRY(store::open(options, log));
  return plan.to == config::StoreEngine::one_host ? move_to_file(config, log, plan, *source)
                                                  : move_to_postgresql(config, log, plan, *source);
}

}  // namespace authd::server
