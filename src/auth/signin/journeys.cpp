#include "auth/signin/journeys.h"

#include <utility>

#include "auth/core/lifetime.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/server_mac.h"
#include "base/encoding.h"

namespace authd::auth {
namespace {

// The cookie's value: when it was made (8 bytes), random bytes (8), and half a MAC of both (16).
// Together they are as long as any other one-time token.
constexpr size_t kDatedBytes = 16;
constexpr size_t kMacBytes = 16;

std::string binding_mac(const Services& s, std::string_view dated) {
  return server_mac(s, "journeys", dated).substr(0, kMacBytes);
}

OneTimeSecret make_binding(const Services& s, Time now) {
  std::string bytes = tables::big_endian(static_cast<uint64_t>(unix_seconds(now)));
  bytes += s.random.bytes(kDatedBytes - bytes.size());
  return OneTimeSecret(base64url_encode(bytes + binding_mac(s, bytes)));
}

// Whether this server made the value within kBindingLife.
bool is_binding(const Services& s, const OneTimeSecret& browser, Time now) {
  const std::optional<std::string> bytes = base64url_decode(browser.reveal());
  if (!bytes || bytes->size() != kDatedBytes + kMacBytes) return false;
  const std::string_view dated = std::string_view(*bytes).substr(0, kDatedBytes);
  if (!equal_constant_time(binding_mac(s, dated), bytes->substr(kDatedBytes))) return false;
  const Time made = from_unix_seconds(static_cast<int64_t>(tables::from_big_endian(dated)));
  return is_in_life(made + kBindingLife, kBindingLife, now);
}

bool is_of(const tables::Journey& journey, const OneTimeSecret& browser) {
  const std::optional<std::string> binding = token_id(browser);
  return binding && equal_constant_time(journey.binding, *binding);
}

}  // namespace

NewJourney make_journey(const Services& s, tables::JourneyKind kind, const OneTimeSecret& browser,
                        const WayBack& way_back, Time now) {
  FreshToken state = make_token(s);
  OneTimeSecret binding = is_binding(s, browser, now) ? OneTimeSecret(std::string(browser.reveal()))
                                                      : make_binding(s, now);
  NewJourney made;
  made.row.id = std::move(state.id);
  made.row.kind = kind;
  made.row.binding = token_id(binding).value();
  made.row.return_to = way_back.return_to;
  made.row.page = way_back.page;
  made.row.created_at = now;
  made.row.expires_at = now + kJourneyLife;
  made.state = std::move(state.text);
  made.binding = std::move(binding);
  return made;
}

std::optional<tables::Journey> find_journey(store::Reader& tx, const OneTimeSecret& state,
                                            const OneTimeSecret& browser) {
  const std::optional<std::string> id = token_id(state);
  std::optional<tables::Journey> row = id ? tables::journeys.find(tx, *id) : std::nullopt;
  return row && is_of(*row, browser) ? row : std::nullopt;
}

std::optional<tables::Journey> take_journey(store::WriteTxn& tx, tables::JourneyKind kind,
                                            const OneTimeSecret& state,
                                            const OneTimeSecret& browser, Time now) {
  const std::optional<std::string> id = token_id(state);
  std::optional<tables::Journey> row = id ? tables::journeys.find(tx, *id) : std::nullopt;
  if (!row || row->is_over) return std::nullopt;
  row->is_over = true;
  tables::journeys.put(tx, *row);
  const bool is_good =
      row->kind == kind && is_of(*row, browser) && is_in_life(row->expires_at, kJourneyLife, now);
  return is_good ? row : std::nullopt;
}

}  // namespace authd::auth
