// The signing keys of tokens: whether there is one, and that it is not too old.
#include "server/doctor/checks.h"
#include "tables/schema.h"

namespace authd::server::doctor {
namespace {

using namespace std::chrono_literals;

// The server rotates by itself. If it has not done so a day later, something is wrong.
constexpr Milliseconds kLate = 24h;
constexpr Milliseconds kOld = 365 * 24h;

}  // namespace

void check_keys(const Patient& patient, Report& report) {
  if (patient.store == nullptr) return report.skip("the database does not open");
  using Found = std::optional<tables::SigningKeyRow>;
  const Result<Found> active = patient.store->read([](store::ReadTxn& tx) -> Result<Found> {
    Found found;
    tables::signing_keys.scan(tx, "", "", [&](std::string_view, const tables::SigningKeyRow& row) {
      if (row.state == tables::KeyState::active) found = row;
      return !found;
    });
    return found;
  });
  if (!active || !*active) {
    return report.fail("no signing key is active", "start the server once; then authd db check");
  }
  const tables::SigningKeyRow& key = **active;
  const config::Tokens& tokens = patient.config().tokens;
  const Milliseconds age = patient.clock.now() - key.activated_at;
  const std::string text =
      "signing key " + key.kid + " (" + key.algorithm + ") signs for " + in_words(age);
  if (tokens.rotate_every > 0ms && age > tokens.rotate_every + kLate) {
    report.warn(text + ", longer than tokens.rotate_every",
                "the server rotates it while it runs; at once: authd key rotate");
  } else if (tokens.rotate_every == 0ms && age > kOld) {
    report.warn(text + ", and nothing rotates it", "set tokens.rotate_every, or authd key rotate");
  } else if (key.algorithm != config::word_of(tokens.algorithm)) {
    report.warn(
        text + ", and tokens.algorithm is " + std::string(config::word_of(tokens.algorithm)),
        "it takes effect with the second rotation: authd key rotate");
  } else {
    report.ok(text);
  }
}

}  // namespace authd::server::doctor
