#include "auth/signin/journeys.h"

#include <utility>

#include "auth/core/lifetime.h"
#include "auth/core/one_time_tokens.h"
#include "base/encoding.h"

namespace authd::auth {
namespace {

bool is_of(const tables::Journey& journey, const OneTimeSecret& browser) {
  const std::optional<std::string> binding = token_id(browser);
  return binding && equal_constant_time(journey.binding, *binding);
}

}  // namespace

NewJourney make_journey(const Services& s, tables::JourneyKind kind, const OneTimeSecret& browser,
                        const WayBack& way_back, Time now) {
  FreshToken state = make_token(s);
  // The value goes back into a header, so the length alone is not enough.
  std::optional<std::string> known =
      base64url_decode(browser.reveal()) ? token_id(browser) : std::nullopt;
  FreshToken binding = make_token(s);
  if (known) binding = {OneTimeSecret(std::string(browser.reveal())), std::move(*known)};
  NewJourney made;
  made.row.id = std::move(state.id);
  made.row.kind = kind;
  made.row.binding = std::move(binding.id);
  made.row.return_to = way_back.return_to;
  made.row.page = way_back.page;
  made.row.created_at = now;
  made.row.expires_at = now + kJourneyLife;
  made.state = std::move(state.text);
  made.binding = std::move(binding.text);
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
