// Delivers the outbox: takes what is due, sends it, and removes it or sets the next attempt. A mail
// is never lost: its row is removed only after another server has accepted the mail. If the process
// dies in between, the mail may be sent twice; both have the same Message-ID.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <set>

#include "base/backoff.h"
#include "base/log.h"
#include "base/random.h"
#include "config/config.h"
#include "mail/message.h"
#include "mail/transport.h"
#include "store/store.h"
#include "tables/outbox.h"
#include "web/catalogue.h"

namespace authd::mail {

inline constexpr Backoff kRetries{std::chrono::minutes(1), std::chrono::hours(4)};
inline constexpr Milliseconds kGiveUpAfter = std::chrono::hours(48);
inline constexpr size_t kMailsPerRun = 16;

// The secret of a mail, unsealed; nullopt if it cannot be opened.
using Unseal = std::function<std::optional<std::string>(const tables::Mail&)>;

// The mail, ready to be sent, with the logo in it (mail/logo.h). Error: `invalid`, with the reason
// why it can never be sent.
Result<Envelope> compose(const tables::Mail& mail, const Unseal& unseal,
                         const config::Config& config,
                         const web::Catalogues& texts = web::mail_texts(),
                         const Picture& logo = {});

// Since the start of the process, for /metrics.
struct Counts {
  std::atomic<uint64_t> sent{0};
  std::atomic<uint64_t> failed{0};  // attempts that will be repeated
  std::atomic<uint64_t> dead{0};    // given up
};

struct Delivered {
  size_t done = 0;    // mails sent, dropped, postponed or given up
  bool more = false;  // call again at once
};

// Used by one thread. The references outlive it.
class Delivery {
 public:
  struct Parts {
    store::Store& store;
    const config::Config& config;
    Transport& transport;
    Unseal unseal;
    const Clock& clock;
    Random& random;
    Log& log;
    Counts& counts;
    // Those in use.
    std::function<const web::Catalogues&()> texts = &web::mail_texts;
    Picture logo = {};
  };
  explicit Delivery(Parts parts) : parts_(std::move(parts)) {}

  // A bounded piece of work: up to kMailsPerRun due mails. Ends early if the transport was aborted;
  // unsent mails are then unchanged. Error: the store's. A mail that was sent but could not be
  // removed is remembered here, and this process does not send it again.
  Result<Delivered> deliver_due();

 private:
  Result<Outcome> deliver(const tables::Mail& mail);
  Result<void> finish(const tables::Mail& mail);
  Result<void> put_off(const tables::Mail& mail, Outcome outcome, const std::string& reason);

  Parts parts_;
  std::set<std::string, std::less<>> sent_;  // ids of rows that still exist
};

}  // namespace authd::mail
