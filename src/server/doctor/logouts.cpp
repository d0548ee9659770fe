// Whether applications hear of sign-outs: somebody may still be signed in to one that does not.
#include "auth/oauth/logouts/logout_queue.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {

void check_logouts(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return report.skip("the database does not open");
  const Result<std::vector<auth::DeadLogouts>> dead = auth::dead_logouts(*patient.store);
  const Result<uint64_t> waiting = auth::waiting_logouts(*patient.store);
  if (!dead || !waiting) return report.skip("the deliveries cannot be read");
  for (const auto& [client, count] : *dead) {
    report.warn(
        "sign-outs of the last 30 days that the application " + client +
            " was not told of: " + std::to_string(count),
        "authd client logouts " + client + " shows what it answered; then give it --retry-all");
  }
  if (dead->empty()) report.ok(std::to_string(*waiting) + " sign-outs wait for applications");
}

}  // namespace authd::server::doctor
