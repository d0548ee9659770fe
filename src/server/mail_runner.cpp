#include "server/mail_runner.h"

#include <new>

#include "auth/core/mails.h"
#include "base/out_of_memory.h"
#include "mail/make_transport.h"
#include "tables/mail_queue.h"

namespace authd::server {
namespace {

constexpr Milliseconds kLookEvery = Seconds(1);
constexpr Milliseconds kMeasureEvery = Seconds(5);
// After a fault of the store, so that a full disk does not become a storm of attempts.
constexpr Milliseconds kPauseAfterFault = Seconds(30);

}  // namespace

mail::Unseal make_unseal(const crypto::MasterKeys& master_key) {
  return [&master_key](const tables::Mail& mail) {
    return master_key.open(mail.sealed, auth::mail_context(mail));
  };
}

MailRunner::MailRunner(const auth::Services& services,
                       const web::Replaceable<web::Catalogues>& texts, mail::Picture logo)
    : services_(services),
      transport_(mail::make_transport(services.config.mail, services.log,
                                      [this] { return !may_deliver(); })),
      delivery_({services.store, services.config, *transport_, make_unseal(services.master_key),
                 services.clock, services.random, services.log, counts_,
                 [&texts]() -> const web::Catalogues& { return texts.get(); }, std::move(logo)}),
      thread_([this] { run(); }) {}

MailRunner::~MailRunner() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool MailRunner::may_deliver() const {
  return !is_ending_ && services_.store.leads();
}

void MailRunner::run() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    lock.unlock();
    const Result<void> done = run_shielded();
    if (!done) {
      services_.log.error("mail cannot be delivered", {{"cause", done.error().message}});
    }
    lock.lock();
    wake_.wait_for(lock, done ? kLookEvery : kPauseAfterFault, [&] { return is_ending_.load(); });
  }
}

// The place where the mail thread catches a lack of memory (base/out_of_memory.h).
Result<void> MailRunner::run_shielded() {
  try {
    return run_once();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

Result<void> MailRunner::run_once() {
  size_t done = 0;
  for (bool more = true; more && may_deliver();) {
    const Result<mail::Delivered> outcome = delivery_.deliver_due();
    services_.counters.mails_sent = counts_.sent.load();
    services_.counters.mails_dead = counts_.dead.load();
    const mail::Delivered delivered = TRY(outcome);
    done += delivered.done;
    more = delivered.more;
  }
  const SteadyTime now = services_.clock.steady_now();
  if (done > 0 || now - measured_at_ >= kMeasureEvery) {
    TRY(measure());
    measured_at_ = now;
  }
  return {};
}

Result<void> MailRunner::measure() {
  const tables::OutboxSize size = TRY(tables::outbox_size(services_.store));
  const Time now = services_.clock.now();
  outbox_.waiting = size.waiting;
  outbox_.dead = size.dead;
  outbox_.oldest_age_s =
      std::chrono::duration_cast<Seconds>(now - size.oldest.value_or(now)).count();
  return {};
}

}  // namespace authd::server
