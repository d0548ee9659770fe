// The files of other providers: whatever they have, each client is imported or has a reason, and
// one that is imported keeps the rules.
#include "auth/upkeep/transfer/clients/client_import.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/clients.h"
#include "support/instance.h"
#include "target.h"

namespace authd::fuzz {
namespace {

namespace transfer = auth::transfer;

transfer::ClientFormat choose(Dice& dice) {
  const auto formats = transfer::client_formats();
  return formats[dice.below(formats.size())];
}

void check(test::Instance& t, const transfer::ClientOutcome& outcome) {
  using State = transfer::ClientOutcome::State;
  CHECK((outcome.state == State::skipped) == !outcome.reason.empty());
  CHECK(outcome.secret.empty());
  if (outcome.state == State::imported) CHECK(auth::check_client_id(outcome.id).has_value());
  const auto clients = auth::list_clients(t.services);
  CHECK(clients && clients->empty());
}

}  // namespace

void run(std::string_view input) {
  static test::Instance t;
  Dice dice(input);
  const transfer::ClientFormat format = choose(dice);
  const bool maps_ids = dice.below(2) == 1;
  auto clients = transfer::read_foreign_clients(format, dice.rest());
  if (!clients) return;
  const size_t count = clients->size();
  const auto outcomes =
      transfer::import_clients(t.services, std::move(*clients), {format.name, true, maps_ids}, {});
  CHECK(outcomes && outcomes->size() == count);
  for (const transfer::ClientOutcome& one : *outcomes)
    check(t, one);
}

}  // namespace authd::fuzz
