#include "model/duel.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <random>
#include <thread>

#include "server/data/instance.h"
#include "store/scratch.h"
#include "support/instance.h"

namespace authd::model {
namespace {

// Names are free as soon as they are given up: the model has few of them.
config::Config house_config() {
  config::Config config = test::Instance::default_config();
  config.signup.username_retention = Milliseconds(0);
  config.mail.new_device = false;     // Nor does the model know devices.
  config.rate_limit.enabled = false;  // The model knows no limits of rates, and no proof of work.
  return config;
}

class MemoryHouse final : public House {
 public:
  const auth::Services& services() const override { return services_; }

 private:
  test::Instance instance_{house_config()};
  const auth::Services& plain_ = instance_.services;
  auth::Services services_{plain_.store,      plain_.config,   clock,
                           plain_.random,     plain_.hasher,   plain_.master_key,
                           plain_.server_key, plain_.keyring,  plain_.credentials,
                           plain_.in_flight,  plain_.verified, plain_.activity,
                           plain_.providers,  plain_.known,    plain_.oauth,
                           plain_.images,     plain_.counters, plain_.log,
                           plain_.writer};
};

class DiskHouse final : public House {
 public:
  DiskHouse() : config_(house_config()) {
    config_.server.data_dir = scratch_.path();
    config_.secrets.master_key_file = scratch_.file("master.key");
    auto opened = server::Instance::open(config_, null_log(), clock, random_);
    test::must(opened.has_value());
    instance_ = std::move(*opened);
  }
  const auth::Services& services() const override { return instance_->services(); }

 private:
  test::ScratchDirectory scratch_;
  config::Config config_;
  SystemRandom random_;
  std::unique_ptr<server::Instance> instance_;
};

// A refusal that did nothing: more tries at once than may still fail.
bool is_put_off(const Answer& answer) {
  return answer.status == 429 || answer.status == 503;
}

// Which refusal it is depends on where two steps met; what was done and what was not does not.
bool fits_in_race(const Answer& expected, const Answer& got) {
  if (expected.is_accepted() != got.is_accepted()) {
    return expected.or_status != 0;
  }
  std::multiset<std::string> facts = expected.facts;
  std::erase_if(facts, [](const std::string& fact) { return fact.starts_with("mail="); });
  return !got.is_accepted() || facts == got.facts;
}

bool acts_once_let_in(Op op) {
  return op == Op::log_out_bearer || op == Op::log_out_all || op == Op::end_session ||
         op == Op::revoke_key || op == Op::delete_me || op == Op::end_grant ||
         op == Op::withdraw_consent || op == Op::sign_out_browser;
}

// A browser that was let in while its person or the application was changed: start again.
bool has_to_start_again(Op op, const Answer& got) {
  const bool is_of_browser = op == Op::authorize || op == Op::go_on || op == Op::answer_request;
  return is_of_browser && (got.status == 401 || got.status == 409);
}

// Whether the answer is what comes of the step in this place of an order; `before` is the state
// when all of them began.
bool takes(Oracle& oracle, const Oracle& before, const Step& step, const Answer& got) {
  if (is_put_off(got) || has_to_start_again(step.op, got)) return true;
  const bool was_let_in = acts_once_let_in(step.op) && got.is_accepted() && before.lets_in(step);
  Oracle after = oracle;
  if (fits_in_race(was_let_in ? after.take_let_in(step) : after.take(step), got)) {
    oracle = std::move(after);
    return true;
  }
  // Access is removed in several writes: what two find while they remove it, both have removed.
  if (step.op == Op::withdraw_consent && got.status == 204) {
    return Oracle(before).take_let_in(step).status == 204;
  }
  // A password that was replaced while it was looked at, be it by the same one: nothing was done.
  return step.op == Op::change_password && got.error == "wrong_password";
}

std::string parting(const Step& step, const std::vector<Answer>& expected, const Answer& got) {
  std::string text = text_of(step) + "\n";
  for (const Answer& answer : expected)
    text += "  the model: " + text_of(answer) + "\n";
  return text + "  the server: " + text_of(got) + "\n";
}

}  // namespace

Time PausingClock::now() const {
  if (has_pauses) {
    static std::atomic<unsigned> seeds = 1;
    thread_local std::minstd_rand random(seeds++);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 400));
  }
  return clock.now();
}

std::unique_ptr<House> make_memory_house() {
  return std::make_unique<MemoryHouse>();
}

std::unique_ptr<House> make_disk_house() {
  return std::make_unique<DiskHouse>();
}

Duel::Duel(const MakeHouse& make, bool has_races)
    : has_races_(has_races),
      house_(make()),
      server_(house_->services(), house_->clock.clock),
      oracles_(1, Oracle(!has_races)) {}

std::optional<std::string> Duel::play(const Round& round) {
  if (round.size() == 1) return play_one(round[0]);
  if (auto parted = play_together(round)) return parted;
  return look_around(round);
}

void Duel::count(const Step& step, const Answer& answer) {
  steps_ += 1;
  const std::string status = std::to_string(answer.status);
  tally_[std::string(name_of(step.op)) + " " + status + " " + answer.error] += 1;
}

std::optional<std::string> Duel::compare(const Step& step, const Answer& answer) {
  if (has_races_ && is_put_off(answer)) return std::nullopt;
  std::vector<Answer> expected;
  std::vector<Oracle> fitting;
  for (Oracle& oracle : oracles_) {
    if (!oracle.knows(step)) continue;
    expected.push_back(oracle.take(step));
    if (fits(expected.back(), answer)) fitting.push_back(std::move(oracle));
  }
  if (fitting.empty()) return parting(step, expected, answer);
  oracles_ = std::move(fitting);
  return std::nullopt;
}

std::optional<std::string> Duel::play_one(const Step& step) {
  if (step.op == Op::advance || step.op == Op::sweep) {
    if (step.op == Op::advance)
      server_.advance(step.seconds);
    else
      server_.run_jobs();
    for (Oracle& oracle : oracles_)
      oracle.take(step);
    steps_ += 1;
    return std::nullopt;
  }
  if (!oracle().knows(step)) return std::nullopt;
  const std::optional<HttpRequest> request = server_.request_of(step);
  if (!request) return std::nullopt;
  Answer answer = server_.read(step, server_.send(*request));
  std::vector<std::string> mails = server_.take_mails(step);
  // The model counts no failures beside races.
  if (has_races_) {
    std::erase_if(mails, [](const auto& mail) { return mail.starts_with("mail=wrong_factors"); });
  }
  answer.facts.insert(mails.begin(), mails.end());
  count(step, answer);
  return compare(step, answer);
}

std::optional<std::string> Duel::play_together(const Round& all) {
  Round round;
  std::vector<HttpRequest> requests;
  for (const Step& step : all) {
    if (!oracle().knows(step)) continue;
    if (std::optional<HttpRequest> request = server_.request_of(step)) {
      round.push_back(step);
      requests.push_back(std::move(*request));
    }
  }
  std::vector<http::Reply> replies(round.size());
  house_->clock.has_pauses = true;
  std::atomic<size_t> waiting = round.size();
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < round.size(); ++i)
      threads.emplace_back([&, i] {
        waiting -= 1;
        while (waiting > 0)
          std::this_thread::yield();
        replies[i] = server_.send(requests[i]);
      });
  }
  house_->clock.has_pauses = false;
  std::vector<Answer> answers;
  for (size_t i = 0; i < round.size(); ++i)
    answers.push_back(server_.read(round[i], replies[i]));
  for (size_t i = 0; i < round.size(); ++i)
    count(round[i], answers[i]);
  server_.take_mails({});
  std::vector<size_t> order(round.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<Oracle> fitting;
  do {
    for (const Oracle& before : oracles_) {
      Oracle oracle = before;
      const bool all_fit = std::all_of(order.begin(), order.end(), [&](size_t i) {
        return takes(oracle, before, round[i], answers[i]);
      });
      if (all_fit && std::find(fitting.begin(), fitting.end(), oracle) == fitting.end()) {
        fitting.push_back(std::move(oracle));
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
  if (fitting.empty()) {
    std::string text = "no order of these gives these answers:\n";
    for (size_t i = 0; i < round.size(); ++i)
      text += "  " + text_of(round[i]) + "\n    the server: " + text_of(answers[i]) + "\n";
    return text;
  }
  oracles_ = std::move(fitting);
  return std::nullopt;
}

// After a race: what everybody who took part in it can see now.
std::optional<std::string> Duel::look_around(const Round& round) {
  constexpr size_t kRecent = 12;
  const auto look = [&](Op op, const auto& things) -> std::optional<std::string> {
    std::vector<int> names;
    for (auto thing = things.rbegin(); thing != things.rend() && names.size() < kRecent; ++thing)
      names.push_back(thing->first);
    for (const int name : names) {
      Step step;
      step.op = op;
      step.name = probes_++;
      step.subject = name;
      if (auto parted = play_one(step)) return parted;
    }
    return std::nullopt;
  };
  std::optional<std::string> parted = look(Op::show_me, Oracle(oracle()).accesses());
  if (!parted) parted = look(Op::introspect_refresh, Oracle(oracle()).refreshes());
  if (!parted) parted = look(Op::verify_key, Oracle(oracle()).keys());
  if (!parted) parted = look(Op::ask_userinfo, Oracle(oracle()).grant_accesses());
  for (size_t user = 0; user < 5 && !parted; ++user) {
    Step step;
    step.op = Op::basic_login;
    step.name = probes_++;
    step.user = static_cast<int>(user);
    const int account = oracle().find_account(step.user);
    if (account < 0) continue;
    step.password = std::max(oracle().accounts().at(account).password, 0);
    parted = play_one(step);
  }
  if (!parted) return std::nullopt;
  std::string text = "after these, side by side:\n";
  for (const Step& step : round)
    text += "  " + text_of(step) + "\n";
  return text + *parted;
}

std::optional<std::string> Duel::check() {
  const std::vector<std::string> findings = server_.findings();
  if (findings.empty()) return std::nullopt;
  std::string text = "the store is not consistent at the end:\n";
  for (const std::string& finding : findings)
    text += "  " + finding + "\n";
  return text;
}

}  // namespace authd::model
