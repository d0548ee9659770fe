// `authd doctor`: examines an installation, and says what is wrong and what to do about it. It asks
// the network (mail server, providers, the public URL), each with a time limit, and reads the data
// directory, whether a server runs or not. It changes nothing except the probe tokens of
// auth/upkeep/doctor_token.h, and upgrades nothing.
//
// Each check has one subject. checks.cpp has the list of checks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "config/reading/load.h"
#include "crypto/master_keys.h"
#include "fetch/client.h"
#include "store/store.h"

namespace authd::server::doctor {

enum class Severity {
  ok,
  skipped,  // could not be examined; `text` says why
  warn,     // works, but is risky or will not work for long
  fail,     // does not work, or is not safe
};
std::string_view name(Severity severity);

struct Finding {
  std::string check;
  Severity severity = Severity::ok;
  std::string text;    // the finding, in one line, without secrets
  std::string advice;  // what to do; empty for ok
};

// Collects the findings of a check.
class Report {
 public:
  void ok(std::string text) { add(Severity::ok, std::move(text), ""); }
  void skip(std::string text) { add(Severity::skipped, std::move(text), ""); }
  void warn(std::string text, std::string advice) {
    add(Severity::warn, std::move(text), std::move(advice));
  }
  void fail(std::string text, std::string advice) {
    add(Severity::fail, std::move(text), std::move(advice));
  }

  void begin(std::string check) { check_ = std::move(check); }
  const std::vector<Finding>& findings() const { return findings_; }

 private:
  void add(Severity severity, std::string text, std::string advice) {
    findings_.push_back({check_, severity, std::move(text), std::move(advice)});
  }

  std::string check_;
  std::vector<Finding> findings_;
};

// The installation to examine, and the means.
struct Patient {
  const config::Loaded& loaded;
  store::Store* store;                   // null: there is none, or it cannot be opened
  std::string store_problem;             // why it cannot be opened
  const crypto::MasterKeys* master_key;  // null: check_files() says why
  std::optional<int> server;             // process id of the running server
  std::string mail_to;                   // where to send a test mail; empty: nowhere
  fetch::Client& fetch;
  Log& log;
  const Clock& clock;
  Random& random;

  const config::Config& config() const { return loaded.config; }
};

struct Check {
  const char* name;
  const char* subject;  // for people
  void (*run)(const Patient& patient, Report& report);
};

std::span<const Check> all_checks();

// The limits of one request to another server.
inline constexpr Milliseconds kPatience = std::chrono::seconds(5);

struct Means {
  fetch::Client& fetch;
  Log& log;
  const Clock& clock;
  Random& random;
};
struct Choice {
  std::vector<std::string> only;  // names; empty: all
  std::vector<std::string> skip;
  std::string mail_to;
};
struct Examination {
  std::optional<int> server;
  std::vector<Finding> findings;
};
// Runs the checks, and calls `progress` with the subject of each before it begins. Error: `usage`
// if `choice` has a name that is not a check.
Result<Examination> examine(const config::Loaded& loaded, const Means& means, const Choice& choice,
                            const std::function<void(const char* subject)>& progress);

// "3 days", "5 hours", for people.
std::string in_words(Milliseconds duration);

}  // namespace authd::server::doctor
