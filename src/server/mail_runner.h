// Delivers mail on its own thread, so that a slow mail server delays nothing else.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "auth/core/services.h"
#include "mail/delivery.h"
#include "web/own_texts.h"

namespace authd::server {

// Unseals what auth/ sealed into a mail (auth/core/one_time_tokens.h).
mail::Unseal make_unseal(const crypto::MasterKeys& master_key);

// Looks every second for mail that is due, until it is destroyed. A transfer in progress is then
// aborted, and its mail does not change. Of several servers on the same data, the one that leads
// delivers; one that leads no longer aborts its transfer.
class MailRunner {
 public:
  // The texts outlive it, and may be replaced meanwhile.
  MailRunner(const auth::Services& services, const web::Replaceable<web::Catalogues>& texts,
             mail::Picture logo);
  ~MailRunner();
  MailRunner(const MailRunner&) = delete;
  MailRunner& operator=(const MailRunner&) = delete;

  const mail::Counts& counts() const { return counts_; }

  // The state of the outbox, at most a few seconds old.
  struct Outbox {
    std::atomic<uint64_t> waiting{0};
    std::atomic<uint64_t> dead{0};
    std::atomic<int64_t> oldest_age_s{0};  // of what waits
  };
  const Outbox& outbox() const { return outbox_; }

 private:
  bool may_deliver() const;
  void run();
  Result<void> run_shielded();
  Result<void> run_once();
  Result<void> measure();

  const auth::Services& services_;
  mail::Counts counts_;
  Outbox outbox_;
  std::atomic<bool> is_ending_{false};
  std::unique_ptr<mail::Transport> transport_;
  mail::Delivery delivery_;
  SteadyTime measured_at_{};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace authd::server
