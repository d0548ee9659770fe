#include "store/postgresql/follower.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "base/boot_time.h"
#include "store/postgresql/binary_copy.h"
#include "store/postgresql/schema.h"

namespace authd::store {
namespace {

// Of one statement. A primary that takes longer is as good as gone.
constexpr Milliseconds kStatementLimit{3'000};
// Of creating the schema, and of a piece of a whole copy.
constexpr Milliseconds kLongLimit{30'000};
// How many revisions one reply has at most.
constexpr int64_t kRevisionsAtOnce = 64;
constexpr Milliseconds kReportPace{1'000};
// How long the session of a server of the same name may need to end.
constexpr Milliseconds kNameLimit{5'000};
constexpr Milliseconds kNamePace{100};
constexpr Milliseconds kTrimPace{60'000};
constexpr Milliseconds kFirstBackoff{50};
constexpr Milliseconds kLongestBackoff{1'000};

int64_t boot_ms() {
  return boot_time().count();
}

constexpr const char* kFetch =
    "SELECT rev, mark, keys, vals FROM authd_log WHERE rev >= $1 ORDER BY rev LIMIT $2";

std::vector<Commit> commits_of(const Rows& rows) {
  std::vector<Commit> commits;
  for (int row = 1; row < rows.count(); ++row) {
    Commit commit;
    commit.revision = {static_cast<uint64_t>(rows.number(row, 0)), std::string(rows.bytes(row, 1))};
    for (const Rows::Bytes& key : rows.byte_strings(row, 2))
      commit.keys.emplace_back(key.value_or(""));
    for (const Rows::Bytes& value : rows.byte_strings(row, 3))
      commit.values.emplace_back(value);
    if (commit.keys.size() != commit.values.size()) {
      throw Fault(FaultKind::corrupt, "a revision in authd_log has keys without values");
    }
    commits.push_back(std::move(commit));
  }
  return commits;
}

Error lost_history() {
  return Error{
      ErrorCode::unavailable,
      "PostgreSQL has not the newest revision that this node has seen: a standby was "
      "promoted with loss, or the database was restored. Nothing is answered. Compare, then "
      "stop authd here and run: authd cluster resync"};
}

}  // namespace

Follower::Follower(const FollowerOptions& options, Copy& copy, Log& log)
    : options_(options), copy_(copy), log_(log), wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Result<std::unique_ptr<Follower>> Follower::start(const FollowerOptions& options, Copy& copy,
                                                  Log& log, const Stopping& stopping) {
  std::unique_ptr<Follower> made(new Follower(options, copy, log));
  TRY(made->connect(kLongLimit));
  TRY(prepare_schema(*made->connection_, options.server.schema, kLongLimit));
  if (options.is_server) TRY(made->claim_name(stopping));
  for (Progress progress = Progress::more; progress != Progress::complete;) {
    if (is_asked(stopping)) return given_up();
    progress = TRY(made->follow());
  }
  made->thread_ = std::thread([follower = made.get()] {
    if (follower->options_.begin_thread) follower->options_.begin_thread();
    follower->run();
  });
  return made;
}

Follower::~Follower() {
  is_ending_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
}

bool Follower::holds_lease() const {
  const int64_t confirmed = confirmed_ms_.load(std::memory_order_acquire);
  return confirmed != 0 && boot_ms() - confirmed < options_.lease.count() &&
         copy_.known_revision() >= required_.load(std::memory_order_acquire);
}

bool Follower::catch_up(Milliseconds limit) {
  std::unique_lock lock(mutex_);
  const uint64_t mine = ++asked_;
  wake();
  progress_.wait_for(lock, limit, [&] { return answered_ >= mine || failed_ >= mine; });
  return answered_ >= mine;
}

void Follower::require(uint64_t revision) {
  uint64_t required = required_.load(std::memory_order_relaxed);
  while (required < revision &&
         !required_.compare_exchange_weak(required, revision, std::memory_order_release)) {
  }
}

bool Follower::wait_for(uint64_t revision, Milliseconds limit) {
  if (copy_.known_revision() >= revision) return true;
  static_cast<void>(catch_up(limit));
  return copy_.known_revision() >= revision;
}

Replication Follower::replication() const {
  const int64_t confirmed = confirmed_ms_.load(std::memory_order_acquire);
  Replication state;
  state.revision = copy_.known_revision();
  state.newest = std::max(newest_.load(), state.revision);
  state.age = Milliseconds(confirmed == 0 ? 0 : boot_ms() - confirmed);
  state.holds_lease = holds_lease();
  state.conflicts = conflicts;
  state.looks = looks;
  state.copies = copies_;
  state.reconnects = reconnects_;
  return state;
}

void Follower::run() {
  while (!is_ending_) {
    try {
      follow_once();
    } catch (const std::exception& failure) {
      lose(Error{ErrorCode::unavailable, failure.what()});
    }
  }
  // Gives up the locks of the session at once, so that another node leads.
  connection_.reset();
}

// Follows until there is nothing more, then sleeps until there may be.
void Follower::follow_once() {
  if (!connection_) {
    if (Result<void> connected = connect(options_.lease * 2 + kFirstBackoff); !connected) {
      return lose(connected.error());
    }
    reconnects_ += 1;
    // Whoever starts with this name meanwhile finds out at once.
    if (options_.is_server) {
      if (const Result<bool> taken = take_name(); !taken) return lose(taken.error());
    }
  }
  const Result<Progress> progress = follow();
  if (!progress) return lose(progress.error());
  if (!lost_because_.empty())
    log_.info("the cluster is followed again", {{"revision", copy_.known_revision()}});
  lost_because_.clear();
  backoff_ = Milliseconds(0);
  if (*progress == Progress::more) return;
  if (Result<void> reported = report(); !reported) return lose(reported.error());
  sleep(options_.heartbeat);
}

// Two servers with one name would write the same audit chain and take the same numbers. The lock is
// the session's; one that a host left behind which lost its power does not count, because its
// server no longer reports.
Result<void> Follower::claim_name(const Stopping& stopping) {
  const int64_t end = boot_ms() + kNameLimit.count();
  while (!TRY(take_name())) {
    if (is_asked(stopping)) return given_up();
    if (boot_ms() < end) {
      std::this_thread::sleep_for(kNamePace);
      continue;
    }
    const Rows alive = TRY(connection_->run(
        "SELECT EXISTS (SELECT FROM authd_nodes WHERE name = convert_from($1, 'UTF8') "
        "AND seen > now() - interval '3 seconds')",
        {Parameter(options_.node)}, kStatementLimit));
    if (!alive.flag(0, 0)) return {};
    return Error{ErrorCode::conflict, "another server runs as the node \"" + options_.node +
                                          "\": give each server a name of its own (cluster.node)"};
  }
  return {};
}

Result<bool> Follower::take_name() {
  const Rows taken =
      TRY(connection_->run("SELECT pg_try_advisory_lock(1635087461, "
                           "hashtext(current_schema() || '/' || convert_from($1, 'UTF8')))",
                           {Parameter(options_.node)}, kStatementLimit));
  return taken.flag(0, 0);
}

Result<void> Follower::connect(Milliseconds limit) {
  leads_ = false;
  connection_.reset();
  Connection fresh = TRY(Connection::open(options_.server, limit));
  TRY(fresh.run_script("LISTEN authd", limit));
  connection_ = std::move(fresh);
  reported_ms_ = 0;
  return {};
}

// What is not there cannot be followed, until it is. Everybody who waits is told, except at the
// first loss.
void Follower::lose(const Error& cause) {
  if (lost_because_ != cause.message) {
    log_.error("the cluster is not followed", {{"cause", cause.message}});
  }
  lost_because_ = cause.message;
  leads_ = false;
  connection_.reset();
  if (is_ending_) return;
  // A connection that has ended, as at a restart of PostgreSQL or of a proxy, is opened anew before
  // anybody is refused.
  if (backoff_ == Milliseconds(0)) {
    backoff_ = kFirstBackoff;
    return;
  }
  refuse_waiting();
  pollfd one{wakeup_.get(), POLLIN, 0};
  // Those who wait do not make it try more often.
  const int64_t end = boot_ms() + backoff_.count();
  while (!is_ending_ && boot_ms() < end) {
    poll(&one, 1, static_cast<int>(std::max<int64_t>(end - boot_ms(), 1)));
    forget_wakeups();
    refuse_waiting();
  }
  backoff_ = std::min(backoff_ * 2, kLongestBackoff);
}

void Follower::refuse_waiting() {
  {
    const std::lock_guard lock(mutex_);
    failed_ = asked_;
  }
  progress_.notify_all();
}

// One question. What was committed before it is in the copy when it says that the copy is complete.
Result<Follower::Progress> Follower::follow() {
  uint64_t request = 0;
  {
    const std::lock_guard lock(mutex_);
    request = asked_;
  }
  const int64_t asked_ms = boot_ms();
  const Progress progress = TRY(fetch());
  if (progress == Progress::complete) confirm(asked_ms, request);
  return progress;
}

void Follower::confirm(int64_t asked_ms, uint64_t request) {
  confirmed_ms_.store(asked_ms, std::memory_order_release);
  {
    const std::lock_guard lock(mutex_);
    answered_ = request;
  }
  progress_.notify_all();
}

Result<Follower::Progress> Follower::fetch() {
  const std::optional<Revision> has = copy_.revision();
  if (!has) {
    TRY(copy_all("there is none yet"));
    return Progress::more;
  }
  const Rows rows = TRY(connection_->run(
      kFetch, {Parameter(static_cast<int64_t>(has->number)), Parameter(kRevisionsAtOnce)},
      kStatementLimit));
  const bool has_ours = rows.count() > 0 && rows.number(0, 0) == static_cast<int64_t>(has->number);
  if (!has_ours) {
    if (!TRY(is_behind(*has))) return lost_history();
    TRY(copy_all("the log no longer reaches back to it"));
    return Progress::more;
  }
  if (rows.bytes(0, 1) != has->mark) return lost_history();
  const std::vector<Commit> commits = commits_of(rows);
  if (commits.empty()) return Progress::complete;
  newest_ = std::max(newest_.load(), commits.back().revision.number);
  if (!copy_.apply(commits)) return Progress::more;  // Another process has replaced it.
  return rows.count() < kRevisionsAtOnce ? Progress::complete : Progress::more;
}

Result<bool> Follower::is_behind(const Revision& has) {
  const Rows head = TRY(connection_->run("SELECT rev FROM authd_head", {}, kStatementLimit));
  return head.count() == 1 && head.number(0, 0) > static_cast<int64_t>(has.number);
}

Result<void> Follower::copy_all(const char* why) {
  log_.info("copying everything from PostgreSQL", {{"reason", why}});
  TRY(connection_->run_script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", kStatementLimit));
  uint64_t records = 0;
  const Result<void> copied = copy_.replace([&](Copy::Put put) -> Result<Revision> {
    const Rows head =
        TRY(connection_->run("SELECT rev, mark FROM authd_head", {}, kStatementLimit));
    if (head.count() != 1) return lost_history();
    const Revision revision{static_cast<uint64_t>(head.number(0, 0)),
                            std::string(head.bytes(0, 1))};
    const auto take = [&](std::string_view key, std::string_view value) {
      put(key, value);
      records += 1;
    };
    BinaryCopyReader reader(take);
    TRY(connection_->copy_out(
        "COPY (SELECT key, value FROM authd_kv ORDER BY key) TO STDOUT (FORMAT binary)", kLongLimit,
        [&](std::string_view piece) { return reader.take(piece); }));
    TRY(reader.finish());
    return revision;
  });
  TRY(copied);
  TRY(connection_->run_script("COMMIT", kStatementLimit));
  copies_ += 1;
  log_.info("copied", {{"records", records}, {"revision", copy_.known_revision()}});
  return {};
}

// Once a second: where this node is, and whether it leads.
Result<void> Follower::report() {
  if (!options_.is_server || boot_ms() - reported_ms_ < kReportPace.count()) return {};
  TRY(lead());
  TRY(connection_->run(
      "INSERT INTO authd_nodes AS n (name, version, rev, leads) "
      "VALUES (convert_from($1, 'UTF8'), convert_from($2, 'UTF8'), $3, $4 > 0) "
      "ON CONFLICT (name) DO UPDATE SET version = excluded.version, rev = excluded.rev, "
      "leads = excluded.leads, seen = now()",
      {Parameter(options_.node), Parameter(std::string(AUTHD_VERSION)),
       Parameter(static_cast<int64_t>(copy_.known_revision())), Parameter(int64_t{leads_ ? 1 : 0})},
      kStatementLimit));
  reported_ms_ = boot_ms();
  if (leads_ && boot_ms() - trimmed_ms_ >= kTrimPace.count()) {
    TRY(trim());
    trimmed_ms_ = boot_ms();
  }
  return {};
}

// The lock is the session's: it ends with this process, or with its connection.
Result<void> Follower::lead() {
  if (leads_) return {};
  const Rows taken = TRY(connection_->run(
      "SELECT pg_try_advisory_lock(1635087460, hashtext(current_schema()))", {}, kStatementLimit));
  leads_ = taken.flag(0, 0);
  if (leads_) log_.info("this node runs the background jobs", {{"node", options_.node}});
  return {};
}

// Keeps what the slowest node still needs, but not for longer than a day, and at least the last
// thousand revisions and five minutes: a command may be at work.
Result<void> Follower::trim() {
  TRY(connection_->run(
      "DELETE FROM authd_log WHERE rev IN (SELECT rev FROM authd_log "
      "WHERE made < now() - interval '5 minutes' "
      "AND rev < (SELECT h.rev - 1000 FROM authd_head h) "
      "AND (made < now() - interval '1 day' OR rev < (SELECT coalesce(min(n.rev), 0) "
      "FROM authd_nodes n WHERE n.seen > now() - interval '1 day')) ORDER BY rev LIMIT 10000)",
      {}, kStatementLimit));
  TRY(connection_->run("DELETE FROM authd_writers WHERE seen < now() - interval '1 day'", {},
                       kStatementLimit));
  return {};
}

void Follower::sleep(Milliseconds limit) {
  const int64_t end = boot_ms() + limit.count();
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (asked_ > answered_ || is_ending_) break;
    }
    const int64_t left = end - boot_ms();
    if (left <= 0) break;
    pollfd both[] = {{connection_->socket(), POLLIN, 0}, {wakeup_.get(), POLLIN, 0}};
    if (poll(both, 2, static_cast<int>(left)) <= 0) continue;
    if (both[0].revents == 0) break;
    const Result<std::vector<std::string>> news = connection_->notifications();
    if (!news) break;  // The next question says what is wrong.
    const bool is_new = std::any_of(news->begin(), news->end(), [&](const std::string& payload) {
      return std::strtoull(payload.c_str(), nullptr, 10) > copy_.known_revision();
    });
    if (is_new) break;
  }
  forget_wakeups();
}

void Follower::wake() {
  eventfd_write(wakeup_.get(), 1);
}

void Follower::forget_wakeups() {
  eventfd_t count = 0;
  eventfd_read(wakeup_.get(), &count);
}

}  // namespace authd::store
