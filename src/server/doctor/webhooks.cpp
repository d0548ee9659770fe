// Whether endpoints hear of events.
#include "auth/webhooks/webhooks.h"
#include "auth/webhooks/webhook_queue.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

struct Endpoints {
  std::vector<tables::Webhook> disabled;  // not by an administrator
  std::vector<tables::Webhook> failing;
  size_t count = 0;
};

Result<Endpoints> endpoints_in(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<Endpoints> {
    Endpoints found;
    tables::webhooks.scan(tx, "", "", [&](std::string_view, tables::Webhook webhook) {
      found.count += 1;
      const bool is_ended = !webhook.is_enabled();
      const bool is_wanted = webhook.end == tables::WebhookEnd::administrator;
      if (is_ended && !is_wanted) {
        found.disabled.push_back(std::move(webhook));
      } else if (!is_ended && webhook.failing_since != Time{}) {
        found.failing.push_back(std::move(webhook));
      }
      return true;
    });
    return found;
  });
}

std::string name_of(const tables::Webhook& webhook) {
  return auth::webhook_text(webhook.id) + " at " + auth::webhook_host(webhook.url);
}

}  // namespace

void check_webhooks(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return report.skip("the database does not open");
  const Result<Endpoints> found = endpoints_in(*patient.store);
  const Result<auth::WebhookState> state = auth::webhook_state(*patient.store);
  if (!found || !state) return report.skip("the endpoints cannot be read");
  for (const tables::Webhook& one : found->disabled) {
    report.warn("the endpoint " + name_of(one) + " was disabled, as it took no events",
                "mend it; then authd webhook enable " + auth::webhook_text(one.id) +
                    ", and authd webhook replay sends what it has missed");
  }
  for (const tables::Webhook& one : found->failing) {
    report.warn("the endpoint " + name_of(one) + " takes no events since " +
                    format_rfc3339(one.failing_since) + ": " + one.answer,
                "authd webhook test " + auth::webhook_text(one.id) + " asks it again");
  }
  if (state->dead > 0) {
    report.warn("events that were given up: " + std::to_string(state->dead),
                "authd webhook deliveries --dead shows them, and authd webhook retry sends them");
  }
  const bool is_fine = found->disabled.empty() && found->failing.empty() && state->dead == 0;
  if (is_fine) {
    report.ok(std::to_string(state->waiting) + " events wait for " + std::to_string(found->count) +
              " endpoints");
  }
}

}  // namespace authd::server::doctor
