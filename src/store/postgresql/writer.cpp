#include "store/postgresql/writer.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/random.h"
#include "store/unavailable.h"

namespace authd::store {
namespace {

// Of one statement; and of everything that a group may take. Who writes waits no longer.
constexpr Milliseconds kStatementLimit{3'000};
constexpr Milliseconds kGroupLimit{8'000};
constexpr Milliseconds kConnectLimit{2'000};
constexpr Milliseconds kConnectPace{50};
// Rounds without a lock: then the closures that are left run with the head locked.
constexpr int kFreeRounds = 2;
constexpr int kMostRounds = 8;
// Of the changes in one commit. The closures beyond it go into the next.
constexpr size_t kMostBytes = 4 << 20;

constexpr const char* kCommit =
    "SELECT state, new_rev, new_mark, refused "
    "FROM authd_commit_1($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr const char* kSettle = "SELECT is_committed, new_rev, refused FROM authd_settle_1($1, $2)";

constexpr int64_t kDone = 0;
constexpr int64_t kFenced = 1;

std::chrono::steady_clock::time_point now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

// What the closures of one round read and would write.
struct Writer::Run {
  Revision base;
  std::vector<PendingWrite*> closures;  // that take part, by their number in the statement
  std::vector<bool> writes;             // of each, whether it changes something
  std::vector<int32_t> read_of;
  std::vector<std::string> read_keys;
  std::vector<int32_t> write_of;
  std::vector<std::string> write_keys;
  std::vector<std::optional<std::string>> write_values;
  size_t bytes = 0;

  bool has_writes() const { return !write_of.empty(); }
};

struct Writer::Reply {
  int64_t state = kDone;
  Revision revision;  // the newest one
  std::set<int32_t> refused;
  bool is_certain = true;  // false: the connection is another one now, or none
};

Writer::Writer(const PostgresqlOptions& server, Copy& copy, Follower& follower,
               std::function<void(const char*)> fault)
    : server_(server), copy_(copy), follower_(follower), fault_(std::move(fault)) {
  id_ = SystemRandom().bytes(16);
}

GroupOutcome Writer::commit(std::span<PendingWrite* const> group) noexcept {
  GroupOutcome counted;
  Waiting left;
  try {
    for (PendingWrite* const write : group)
      left.push_back(write);
    if (const Result<void> done = commit_all(left, counted); !done) {
      fault_(done.error().message.c_str());
    }
  } catch (const std::exception& failure) {
    fault_(failure.what());
  } catch (...) {
    fault_("an exception that is not of the standard library");
  }
  // A closure whose outcome was a success, or a refusal, has not committed it.
  for (PendingWrite* const write : left)
    write->outcome = unavailable();
  counted.failed = left.size();
  return counted;
}

// Takes out of `left` what is settled.
Result<void> Writer::commit_all(Waiting& left, GroupOutcome& counted) {
  const auto end = now() + kGroupLimit;
  const int most_rounds = kMostRounds + static_cast<int>(left.size());
  for (int rounds = 1; !left.empty(); ++rounds) {
    if (rounds > 1 && (now() > end || rounds > most_rounds)) {
      return Error{ErrorCode::unavailable, "a group of writes was not committed in time"};
    }
    // A node that is cut off does not let every writer wait for the end of its time.
    // The log has the reason from the follower.
    if (!follower_.holds_lease() && !follower_.catch_up(kConnectLimit)) return {};
    if (!connection_ || connection_->is_broken()) TRY(connect(kConnectLimit));
    TRY(round(left, counted, rounds > kFreeRounds));
  }
  return {};
}

Result<void> Writer::connect(Milliseconds limit) {
  connection_.reset();
  connection_ = TRY(Connection::open(server_, limit));
  return {};
}

// Keeps everybody else from committing, and brings the copy to the newest revision.
Result<void> Writer::lock_head() {
  TRY(connection_->run_script("BEGIN", kStatementLimit));
  const Rows head =
      TRY(connection_->run("SELECT rev FROM authd_head FOR UPDATE", {}, kStatementLimit));
  if (follower_.wait_for(static_cast<uint64_t>(head.number(0, 0)), kStatementLimit)) return {};
  return Error{ErrorCode::unavailable, "the copy does not follow PostgreSQL"};
}

Result<Writer::Reply> Writer::send_locked(const Run& run) {
  Reply reply = TRY(send(run));
  if (!reply.is_certain) return reply;  // Another connection, without the lock.
  const Result<void> done = connection_->run_script("COMMIT", kStatementLimit);
  return done ? Result<Reply>(std::move(reply)) : settle(run, done.error());
}

// Runs the closures that are left, commits what holds, and leaves in `left` what has to run again.
Result<void> Writer::round(Waiting& left, GroupOutcome& counted, bool is_locking) {
  if (is_locking) {
    if (Result<void> locked = lock_head(); !locked) {
      connection_.reset();
      return locked;
    }
  }
  Run run;
  run_closures(left, run);
  const Result<Reply> reply = is_locking ? send_locked(run) : send(run);
  if (!reply || reply->state != kDone) connection_.reset();
  if (!reply) return reply.error();
  if (reply->state == kFenced)
    return Error{ErrorCode::unavailable, "an attempt was settled before"};
  if (reply->state != kDone) {
    // The log has gone on too far, or is another one: the follower finds out which.
    if (follower_.catch_up(kStatementLimit)) return {};
    return Error{ErrorCode::unavailable, "the copy does not fit to PostgreSQL"};
  }
  take_outcomes(run, *reply, left, counted);
  return {};
}

void Writer::take_outcomes(const Run& run, const Reply& reply, Waiting& left,
                           GroupOutcome& counted) {
  size_t wrote = 0;
  for (size_t i = 0; i < run.closures.size(); ++i) {
    if (reply.refused.contains(static_cast<int32_t>(i))) continue;
    if (run.writes[i]) wrote += 1;
  }
  counted.committed += wrote;
  counted.commits += wrote > 0 ? 1 : 0;
  if (reply.is_certain) follower_.conflicts += reply.refused.size();
  if (wrote > 0 || !reply.refused.empty()) follow(run, reply);
  for (size_t i = 0; i < run.closures.size(); ++i) {
    if (!reply.refused.contains(static_cast<int32_t>(i))) std::erase(left, run.closures[i]);
  }
}

void Writer::run_closures(std::span<PendingWrite* const> closures, Run& run) {
  copy_.read([&](ReadTxn& state, const Revision& revision) {
    run.base = revision;
    Changes earlier;
    for (PendingWrite* const write : closures) {
      if (run.bytes > kMostBytes) break;
      RecordedTxn txn(state, earlier);
      const bool is_valid = run_one(*write, txn);
      const auto number = static_cast<int32_t>(run.closures.size());
      run.closures.push_back(write);
      run.writes.push_back(is_valid && write->outcome && !txn.changes().empty());
      if (!is_valid) continue;  // A fault concerns nobody else, and rests on nothing.
      for (const std::string& key : txn.reads()) {
        run.read_of.push_back(number);
        run.read_keys.push_back(key);
        run.bytes += key.size();
      }
      if (!write->outcome) continue;
      for (const auto& [key, value] : txn.changes()) {
        run.write_of.push_back(number);
        run.write_keys.push_back(key);
        run.write_values.push_back(value);
        run.bytes += key.size() + (value ? value->size() : 0);
        earlier.insert_or_assign(key, value);
      }
    }
  });
}

// False: the closure ended with a fault.
bool Writer::run_one(PendingWrite& write, RecordedTxn& txn) {
  const auto run = [&]() -> Result<void> {
    write.outcome = write.fn(txn);
    return {};
  };
  if (shielded(run, fault_)) return true;
  write.outcome = unavailable();
  return false;
}

Result<Writer::Reply> Writer::send(const Run& run) {
  attempt_ += 1;
  std::vector<Parameter::Bytes> read_keys(run.read_keys.begin(), run.read_keys.end());
  std::vector<Parameter::Bytes> write_keys(run.write_keys.begin(), run.write_keys.end());
  std::vector<Parameter::Bytes> write_values;
  for (const std::optional<std::string>& value : run.write_values)
    write_values.push_back(value ? Parameter::Bytes(*value) : std::nullopt);
  const std::vector<Parameter> parameters = {Parameter(id_),
                                             Parameter(attempt_),
                                             Parameter(static_cast<int64_t>(run.base.number)),
                                             Parameter(run.base.mark),
                                             Parameter(run.read_of),
                                             Parameter(read_keys),
                                             Parameter(run.write_of),
                                             Parameter(write_keys),
                                             Parameter(write_values)};
  const Result<Rows> rows = connection_->run(kCommit, parameters, kStatementLimit);
  if (!rows) {
    if (connection_->is_transient()) return none_of(run);
    if (!connection_->is_broken()) return rows.error();
    // A group that only asked whether its reads hold has nothing to settle.
    return run.has_writes() ? settle(run, rows.error()) : none_of(run);
  }
  Reply reply;
  reply.state = rows->number(0, 0);
  if (reply.state != kDone) return reply;
  reply.revision = {static_cast<uint64_t>(rows->number(0, 1)), std::string(rows->bytes(0, 2))};
  const std::vector<int32_t> refused = rows->numbers(0, 3);
  reply.refused.insert(refused.begin(), refused.end());
  return reply;
}

// Nothing was committed, for reasons of the moment: everything runs again.
Writer::Reply Writer::none_of(const Run& run) {
  connection_.reset();
  Reply reply;
  reply.is_certain = false;
  for (size_t i = 0; i < run.closures.size(); ++i)
    reply.refused.insert(static_cast<int32_t>(i));
  return reply;
}

// The connection was lost with a commit on its way. Asks a fresh one until it knows; after that,
// the attempt either has committed or never will.
Result<Writer::Reply> Writer::settle(const Run& run, const Error& cause) {
  const auto end = now() + kGroupLimit;
  while (now() < end) {
    if (Result<void> connected = connect(kConnectLimit); !connected) {
      std::this_thread::sleep_for(kConnectPace);  // A refused connection returns at once.
      continue;
    }
    const Result<Rows> rows =
        connection_->run(kSettle, {Parameter(id_), Parameter(attempt_)}, kStatementLimit);
    if (!rows) continue;
    if (!rows->flag(0, 0)) return none_of(run);
    Reply reply;
    reply.is_certain = false;
    reply.revision.number = static_cast<uint64_t>(rows->number(0, 1));
    const std::vector<int32_t> refused = rows->numbers(0, 2);
    reply.refused.insert(refused.begin(), refused.end());
    return reply;
  }
  return cause;
}

// Brings the copy to the revision that was committed, before anybody is told.
void Writer::follow(const Run& run, const Reply& reply) {
  if (reply.revision.number <= run.base.number) return;
  const bool is_next = reply.revision.number == run.base.number + 1 && run.has_writes();
  if (is_next && reply.is_certain && reply.refused.empty()) {
    Changes last;
    for (size_t i = 0; i < run.write_keys.size(); ++i)
      last.insert_or_assign(run.write_keys[i], run.write_values[i]);
    Commit commit{reply.revision, {}, {}};
    for (const auto& [key, value] : last) {
      commit.keys.push_back(key);
      commit.values.push_back(value);
    }
    if (copy_.apply(std::span(&commit, 1))) return;
  }
  // What it cannot follow, it cannot answer from.
  if (!follower_.wait_for(reply.revision.number, kStatementLimit)) {
    follower_.require(reply.revision.number);
  }
}

}  // namespace authd::store
