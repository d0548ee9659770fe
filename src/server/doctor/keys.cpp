// The signing keys of tokens: whether there is one, and that it is not too old.
#include "server/doctor/checks.h"
#include "tables/schema.h"

namespace authd::server::doctor {
namespace {

using namespace std::chrono_literals;

// The server rotates by itself. If it has not done so days later, something is wrong.
// Longer if the next key is not published long enough (auth/sessions/keyring.h).
constexpr Milliseconds kLate = 72h;
constexpr Milliseconds kOld = 365 * 24h;

}  // namespace

void check_keys(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return report.skip("the database does not open");
  using Rows = std::vector<tables::SigningKeyRow>;
  const Result<Rows> active = patient.store->read([](store::ReadTxn& tx) -> Result<Rows> {
    Rows rows;
    tables::signing_keys.scan(tx, "", "", [&](std::string_view, const tables::SigningKeyRow& row) {
      if (row.state == tables::KeyState::active) rows.push_back(row);
      return true;
    });
    return rows;
  });
  if (!active || active->empty()) {
    return report.fail("no signing key is active", "start the server once; then authd db check");
  }
  const config::Tokens& tokens = patient.config().tokens;
  for (const tables::SigningKeyRow& key : *active) {
    const Milliseconds age = patient.clock.now() - key.activated_at;
    const std::string text =
        "signing key " + key.kid + " (" + key.algorithm + ") signs for " + in_words(age);
    if (tokens.rotate_every > 0ms && age > tokens.rotate_every + kLate) {
      report.warn(text + ", longer than tokens.rotate_every",
                  "the server rotates it while it runs; at once: authd key rotate");
    } else if (tokens.rotate_every == 0ms && age > kOld) {
      report.warn(text + ", and nothing rotates it",
                  "set tokens.rotate_every, or authd key rotate");
    } else {
      report.ok(text);
    }
  }
}

}  // namespace authd::server::doctor
