#include "server/process/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/file.h"
#include "base/function_ref.h"

namespace authd::server {
namespace {

// Before the second version, files could not be renamed or linked across directories.
constexpr long kOldestVersion = 2;
constexpr long kTruncatesFrom = 3;
constexpr uint64_t kTruncate = 1 << 14;  // LANDLOCK_ACCESS_FS_TRUNCATE of newer headers

// landlock_ruleset_attr of newer headers; an older kernel takes only the first member.
struct RulesetAttributes {
  uint64_t handled_access_fs = 0;
  uint64_t handled_access_net = 0;
  uint64_t scoped = 0;
};
constexpr long kScopesSignalsFrom = 6;     // Linux 6.12
constexpr uint64_t kScopeSignal = 1 << 1;  // LANDLOCK_SCOPE_SIGNAL

constexpr uint64_t kWriting = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                              LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                              LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER;
constexpr uint64_t kNever = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                            LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                            LANDLOCK_ACCESS_FS_MAKE_SYM;

class Ruleset {
 public:
  explicit Ruleset(long version)
      : writing_(kWriting | (version >= kTruncatesFrom ? kTruncate : 0)) {
    RulesetAttributes handled;
    handled.handled_access_fs = writing_ | kNever | LANDLOCK_ACCESS_FS_EXECUTE;
    const bool scopes_signals = version >= kScopesSignalsFrom;
    if (scopes_signals) handled.scoped = kScopeSignal;
    const size_t size = scopes_signals ? sizeof handled : sizeof handled.handled_access_fs;
    fd_.reset(static_cast<int>(syscall(__NR_landlock_create_ruleset, &handled, size, 0)));
    failure_ = fd_ ? 0 : errno;
  }

  void allow_writing(const std::string& directory) { allow(directory, writing_); }
  void allow_removing(const std::string& directory) {
    allow(directory, LANDLOCK_ACCESS_FS_REMOVE_FILE);
  }
  void allow_executing(const std::string& file) { allow(file, LANDLOCK_ACCESS_FS_EXECUTE); }

  // The errno of this or an earlier step, and its subject.
  int enforce() {
    if (failure_ == 0 && syscall(__NR_landlock_restrict_self, fd_.get(), 0) != 0) failure_ = errno;
    return failure_;
  }
  const std::string& failed_at() const { return failed_at_; }

 private:
  void allow(const std::string& path, uint64_t access) {
    if (failure_ != 0) return;
    const UniqueFd at(open(path.c_str(), O_PATH | O_CLOEXEC));
    landlock_path_beneath_attr rule{};
    rule.allowed_access = access;
    rule.parent_fd = at.get();
    if (at && syscall(__NR_landlock_add_rule, fd_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
      return;
    failure_ = errno;
    failed_at_ = path;
  }

  uint64_t writing_;
  UniqueFd fd_;
  int failure_ = 0;
  std::string failed_at_;
};

void allow_sockets(Ruleset& rules, const std::vector<config::Listen>& listens) {
  for (const config::Listen& listen : listens) {
    if (listen.kind == config::Listen::Kind::unix_path)
      rules.allow_removing(parent_of(listen.path));
  }
}

// Adds what `allow` does to the rule that executing is confined to this program.
void restrict_thread(Log& log, FunctionRef<void(Ruleset&)> allow) {
  const long version =
      syscall(__NR_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < kOldestVersion) {
    log.info("files are not restricted: this kernel has no Landlock");
    return;
  }
  Ruleset rules(version);
  rules.allow_executing("/proc/self/exe");
  allow(rules);
  if (const int failure = rules.enforce(); failure != 0) {
    log.warn("files are not restricted",
             {{"path", rules.failed_at()}, {"cause", system_message(failure)}});
  }
}

}  // namespace

void restrict_files(const config::Config& config, Log& log) {
  restrict_thread(log, [&](Ruleset& rules) {
    rules.allow_writing(config.server.data_dir);
    if (!config.backup.directory.empty()) rules.allow_writing(config.backup.directory);
    if (config.mail.url.kind == config::MailUrl::Kind::file)
      rules.allow_writing(config.mail.url.directory);
    allow_sockets(rules, config.server.listen);
    allow_sockets(rules, config.server.redirect_listen);
  });
}

void restrict_files_to(const std::string& directory, Log& log) {
  restrict_thread(log, [&](Ruleset& rules) { rules.allow_writing(directory); });
}

}  // namespace authd::server
