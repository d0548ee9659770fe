#include "auth/upkeep/transfer/import.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "auth/core/audit/audit.h"
#include "auth/upkeep/transfer/batch.h"
#include "auth/upkeep/transfer/lanes.h"
#include "auth/upkeep/transfer/settings_writer.h"
#include "crypto/digest.h"
#include "tables/users.h"

namespace authd::auth::transfer {
namespace {

// The batches that the lanes write at the same time.
struct Round {
  std::array<Batch, kLanes> batches;
  std::array<Result<BatchOutcome>, kLanes> outcomes;
  bool is_empty = true;
};

// The names read so far, as 64-bit hashes. Two different names of a file share a hash with a chance
// of one in millions of millions; one of them is then rejected, and the rejection is reported.
class SeenNames {
 public:
  void clear() { hashes_.clear(); }
  // What was seen before in another account; empty: nothing. Then it is remembered.
  std::string add(const Prepared& account) {
    const tables::User& user = account.user;
    if (!user.username.empty() && !insert("u" + tables::fold(user.username))) {
      return "The file has this username twice.";
    }
    if (!user.email.empty() && !insert("e" + tables::fold(user.email))) {
      return "The file has this email twice.";
    }
    if (!user.phone_number.empty() && !insert("p" + user.phone_number)) {
      return "The file has this phone number twice.";
    }
    if (!user.subject.empty() && !insert("s" + user.subject)) {
      return "The file has this subject twice.";
    }
    if (account.wanted_id != 0 && !insert("i" + std::to_string(account.wanted_id))) {
      return "The file has this id twice.";
    }
    return "";
  }

 private:
  bool insert(const std::string& name) {
    return hashes_.insert(std::hash<std::string>()(name)).second;
  }
  std::unordered_set<uint64_t> hashes_;
};

class Importer {
 public:
  Importer(const Services& s, RecordReader& reader, const ImportOptions& options,
           const Origin& origin, ImportObserver& observer)
      : s_(s),
        reader_(reader),
        options_(options),
        origin_(origin),
        observer_(observer),
        settings_(s, options, origin),
        now_(s.clock.now()) {}

  Result<ImportReport> run() {
    TRY(load_progress());
    std::unique_ptr<Round> round = TRY(read_round());
    if (!options_.is_dry_run)
      TRY(audit_alone(s_, origin_, event(has_progress_ ? "import_resumed" : "import_started")));
    std::unique_ptr<Round> current;
    Lanes lanes(kLanes, [&](size_t lane) { write(*current, lane); });
    while (!round->is_empty) {
      current = std::move(round);
      lanes.start();
      Result<std::unique_ptr<Round>> next = read_round();
      lanes.wait();
      TRY(settle(*current));
      round = TRY(std::move(next));
    }
    if (!options_.is_dry_run) TRY(finish());
    return report_;
  }

 private:
  AuditEvent event(std::string_view action) const {
    return {action, std::nullopt, "ok", options_.label, {}};
  }

  std::string lane_key(size_t lane) const {
    if (options_.source.empty()) return "";
    // Other rules reject other records, so that is a different import.
    const std::string rules = std::string(options_.rules.allows_admin ? "admin " : "") +
                              (options_.rules.keeps_ids ? "ids " : "") +
                              (options_.rules.drops_unknown_passwords ? "nopw " : "") +
                              (options_.rules.maps_names ? "names " : "") +
                              (options_.rules.firebase ? "firebase " : "") + options_.label + " " +
                              std::to_string(kBatch) + "/" +
                              std::to_string(kBatchWrites);  // A binary with other batch limits.
    return crypto::sha256(options_.source + rules) + static_cast<char>(lane);
  }

  Result<void> load_progress() {
    if (options_.source.empty() || options_.is_dry_run) return {};
    TRY(s_.store.read([&](store::ReadTxn& tx) -> Result<void> {
      for (size_t lane = 0; lane < kLanes; ++lane)
        progress_[lane] = tables::import_lanes.find(tx, lane_key(lane)).value_or(progress_[lane]);
      return {};
    }));
    for (const tables::ImportLane& lane : progress_) {
      has_progress_ = has_progress_ || lane.rounds > 0;
      report_.resumed += lane.imported;
      report_.imported += lane.imported;
      report_.rejected += lane.rejected;
    }
    if (!has_progress_ || options_.resumes) return {};
    return Error{ErrorCode::conflict, "an import of this file was interrupted after " +
                                          std::to_string(report_.imported) +
                                          " accounts; use --resume to continue"};
  }

  void reject(const Rejection& rejection) {
    report_.rejected += 1;
    observer_.rejected(rejection);
  }

  // The next accounts, kLanes batches of them; empty at the end of the file.
  Result<std::unique_ptr<Round>> read_round() {
    auto round = std::make_unique<Round>();
    if (!options_.is_dry_run) seen_.clear();
    size_t lane = 0;
    if (held_) {
      seen_.add(*held_);
      add_to(*round, lane, std::move(*std::exchange(held_, std::nullopt)));
    }
    while (lane < kLanes) {
      std::optional<Record> record = TRY(reader_.next());
      if (!record) break;
      report_.read += 1;
      if (record->problem.empty() && !std::holds_alternative<Account>(record->what)) {
        TRY(add_setting(*record));
        continue;
      }
      TRY(add_account(*record, *round, lane));
    }
    return round;
  }

  Result<void> add_setting(const Record& record) {
    struct Added {
      std::string name;
      uint64_t* count;  // null: not reported
      Result<bool> made;
    };
    const Added added = std::visit(
        [&]<typename Row>(const Row& row) -> Added {
          if constexpr (std::is_same_v<Row, tables::Role>) {
            return {row.name, &report_.roles, settings_.add(row)};
          } else if constexpr (std::is_same_v<Row, ClientRecord>) {
            return {row.client.name, &report_.clients, settings_.add(row)};
          } else if constexpr (std::is_same_v<Row, tables::Resource>) {
            return {row.identifier, nullptr, settings_.add(row)};
          } else if constexpr (std::is_same_v<Row, PairwiseKey>) {
            return {"the key of pairwise subjects", nullptr, settings_.add(row)};
          } else {
            return {"", nullptr, false};  // An account, which add_account() adds.
          }
        },
        record.what);
    if (added.made) {
      if (added.count != nullptr) *added.count += *added.made ? 1 : 0;
      return {};
    }
    if (added.made.error().code == ErrorCode::unavailable) return Error(added.made.error());
    reject({record.line, added.name, added.made.error().message});
    return {};
  }

  // Adds to the lane's batch, or to the next lane's when that one is full.
  void add_to(Round& round, size_t& lane, Prepared account) {
    const size_t writes = account_writes(account);
    if (round.batches[lane].writes + writes > kBatchWrites && ++lane == kLanes) {
      held_ = std::move(account);
      return;
    }
    Batch& batch = round.batches[lane];
    batch.writes += writes;
    batch.accounts.push_back(std::move(account));
    count_record(round, lane);
  }

  void add_to(Round& round, size_t& lane, Rejection rejection) {
    round.batches[lane].rejections.push_back(std::move(rejection));
    count_record(round, lane);
  }

  static void count_record(Round& round, size_t& lane) {
    round.is_empty = false;
    if (++round.batches[lane].records == kBatch) ++lane;
  }

  Result<void> add_account(const Record& record, Round& round, size_t& lane) {
    if (!record.problem.empty()) {
      add_to(round, lane, Rejection{record.line, record.who, record.problem});
      return {};
    }
    const auto& account = std::get<Account>(record.what);
    Result<Prepared> ready = prepare(account, options_.rules, now_);
    std::string refusal = ready ? seen_.add(*ready) : ready.error().message;
    if (refusal.empty()) {
      Result<std::vector<uint64_t>> ids = settings_.role_ids(ready->roles, report_.roles);
      if (!ids && ids.error().code == ErrorCode::unavailable) return Error(ids.error());
      if (ids) {
        ready->line = record.line;
        ready->user.role_ids = std::move(*ids);
        fit_into_batch(*ready);
        note(*ready, record.line, name_of(account));
        add_to(round, lane, std::move(*ready));
        return {};
      }
      refusal = ids.error().message;
    }
    add_to(round, lane, Rejection{record.line, name_of(account), std::move(refusal)});
    return {};
  }

  // Lists are bounded by what a file names, and a file of a stranger may name anything.
  static void count_in(std::map<std::string, uint64_t>& counts, const std::string& what) {
    constexpr size_t kMaxNamed = 200;
    const bool is_named = counts.contains(what) || counts.size() < kMaxNamed;
    counts[is_named ? what : "more"] += 1;
  }

  void note(const Prepared& account, uint64_t line, const std::string& who) {
    for (const std::string& what : account.losses)
      count_in(report_.losses, what);
    for (const std::string& what : account.ignored)
      count_in(report_.ignored, what);
    if (!account.note.empty()) observer_.noted({line, who, account.note});
  }

  bool was_written(size_t lane) const { return round_ < progress_[lane].rounds; }

  // On a lane's thread.
  void write(Round& round, size_t lane) {
    const Batch& batch = round.batches[lane];
    if (batch.records == 0 || was_written(lane)) return;
    round.outcomes[lane] =
        options_.is_dry_run ? look(batch) : write_batch(s_, batch, lane_key(lane));
  }

  Result<BatchOutcome> look(const Batch& batch) const {
    return s_.store.read([&](store::ReadTxn& tx) -> Result<BatchOutcome> {
      BatchOutcome outcome;
      for (const Prepared& account : batch.accounts) {
        std::string conflict = conflict_of(tx, account);
        if (conflict.empty()) {
          outcome.imported += 1;
        } else {
          const tables::User& user = account.user;
          outcome.rejections.push_back({account.line,
                                        user.username.empty() ? user.email : user.username,
                                        std::move(conflict)});
        }
      }
      return outcome;
    });
  }

  // After the lanes have written the round.
  Result<void> settle(const Round& round) {
    std::vector<Rejection> rejections;
    const auto append = [&](const std::vector<Rejection>& more) {
      rejections.insert(rejections.end(), more.begin(), more.end());
    };
    Result<void> done;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      if (round.batches[lane].records == 0 || was_written(lane)) continue;
      const Result<BatchOutcome>& outcome = round.outcomes[lane];
      if (!outcome) {
        done = Error(outcome.error());
        continue;
      }
      report_.imported += outcome->imported;
      append(round.batches[lane].rejections);
      append(outcome->rejections);
    }
    std::stable_sort(rejections.begin(), rejections.end(),
                     [](const Rejection& a, const Rejection& b) { return a.line < b.line; });
    for (const Rejection& rejection : rejections)
      reject(rejection);
    round_ += 1;
    observer_.progressed(report_);
    return done;
  }

  // Deletes the progress and writes the audit entry, in one transaction.
  Result<void> finish() {
    const std::string count = std::to_string(report_.imported);
    return s_.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (size_t lane = 0; lane < kLanes && !options_.source.empty(); ++lane)
        tables::import_lanes.del(tx, lane_key(lane));
      audit(s_, tx, origin_, {"users_imported", std::nullopt, "ok", options_.label, count}, now_);
      return {};
    });
  }

  const Services& s_;
  RecordReader& reader_;
  const ImportOptions& options_;
  const Origin& origin_;
  ImportObserver& observer_;
  SettingsWriter settings_;
  const Time now_;
  std::array<tables::ImportLane, kLanes> progress_ = {};
  bool has_progress_ = false;
  uint64_t round_ = 0;
  SeenNames seen_;
  std::optional<Prepared> held_;  // the account that did not fit into the previous round
  ImportReport report_;
};

}  // namespace

Result<ImportReport> import_records(const Services& s, RecordReader& reader,
                                    const ImportOptions& options, const Origin& origin,
                                    ImportObserver& observer) {
  return Importer(s, reader, options, origin, observer).run();
}

}  // namespace authd::auth::transfer
