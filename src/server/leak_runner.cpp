#include "server/leak_runner.h"

#include <new>

#include "auth/passwords/known_passwords.h"
#include "auth/passwords/leak_checks.h"
#include "base/out_of_memory.h"

namespace authd::server {
namespace {

// The place where this thread catches a lack of memory (base/out_of_memory.h).
Result<void> settle_shielded(const auth::Services& s, const auth::LeakCheck& check) {
  try {
    return auth::settle(s, check);
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

}  // namespace

LeakRunner::LeakRunner(const auth::Services& services) : services_(services) {
  if (services.config.passwords.pwned != config::PwnedCheck::login) return;
  services.known.queue().open();
  thread_ = std::thread([this] { run(); });
}

LeakRunner::~LeakRunner() {
  services_.known.queue().close();
  if (thread_.joinable()) thread_.join();
}

void LeakRunner::run() {
  while (const std::optional<auth::LeakCheck> next = services_.known.queue().wait()) {
    const Result<void> done = settle_shielded(services_, *next);
    if (done) continue;
    services_.log.error("an account whose password is known from a breach could not be marked",
                        {{"cause", done.error().message}});
  }
}

}  // namespace authd::server
