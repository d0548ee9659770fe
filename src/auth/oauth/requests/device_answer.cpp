#include "auth/oauth/requests/device_answer.h"

#include "auth/core/audit/audit.h"
#include "auth/core/limits/attempts.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/user_code.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/requests/device_authorization.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/sessions/access_token.h"
#include "base/refusal.h"
#include "base/text.h"

namespace authd::auth {
namespace {

using tables::DeviceGrant;
using tables::DeviceGrantState;

// One answer for all, so that nobody learns which codes there were.
Error unknown_code() {
  return refused(ErrorCode::not_found, "unknown_user_code",
                 "No device is waiting with this code. Compare it with the one that your device "
                 "shows; it is valid for ten minutes.");
}

struct Found {
  DeviceGrant row;
  tables::Client client;
};

Result<std::optional<Found>> find_row(const Services& s, std::string_view user_code, Time now) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<Found>> {
    std::optional<DeviceGrant> row = find_waiting_device(tx, user_code, now);
    if (!row) return std::nullopt;
    std::optional<tables::Client> client = find_client(tx, row->client);
    const bool may_ask = client && !client->disabled && is_of_client(*row, *client) &&
                         has_grant_type(*client, kDeviceGrant);
    if (!may_ask) return std::nullopt;
    return Found{std::move(*row), std::move(*client)};
  });
}

// What the device asked for, as far as the client may still have it. Error: `malformed` if nothing
// of it is left.
Result<WaitingDevice> as_asked(const Services& s, Found found) {
  std::vector<Parameters::Pair> pairs = {{"scope", joined(found.row.scopes, " ")}};
  for (const std::string& resource : found.row.resources)
    pairs.emplace_back("resource", resource);
  const Parameters sent = TRY(Parameters::read(pairs));
  WaitingDevice device;
  device.request = TRY(read_device_request(s, found.client, sent));
  device.carried.asked_at = found.row.created_at;
  device.row = std::move(found.row);
  return device;
}

// The row as it is in the transaction. Error: `not_found`, if it does not wait any longer.
Result<DeviceGrant> still_waiting(store::Reader& tx, const WaitingDevice& device, Time now) {
  std::optional<DeviceGrant> row = tables::device_grants.find(tx, device.row.id);
  if (!row || !is_waiting(*row, now)) return unknown_code();
  return std::move(*row);
}

Result<void> allow_device(const Services& s, const WaitingDevice& device, const Asking& asking,
                          const Origin& origin, Time now) {
  const tables::Grant waiting =
      waiting_grant(s, asking, now, device.row.created_at + kDeviceCodeLife);
  const auto evicted = TRY(waiting_to_evict(s, waiting.user, waiting.client, now));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const LiveSession live = TRY(same_as_decided(tx, asking, now));
    DeviceGrant row = TRY(still_waiting(tx, device, now));
    evict_grants(tx, evicted);
    tables::Grant grant = waiting;
    // The device is somewhere else: a sign-out in this browser neither ends what outlives it nor
    // tells the application.
    if (contains(grant.scopes, kOfflineScope)) grant.session.clear();
    grant.epoch = live.user.session_epoch;
    tables::grants.put(tx, grant);
    row.state = DeviceGrantState::allowed;
    row.user = grant.user;
    row.grant = grant.id;
    tables::device_grants.rewrite(tx, row);
    note_client_use(tx, grant.client, now);
    audit(s, tx, by(origin, grant.user),
          {"device_authorized", grant.user, "ok", grant.client, joined(grant.scopes, " ")}, now);
    return {};
  });
}

Result<void> deny_device(const Services& s, const WaitingDevice& device, const Person& person,
                         const Origin& origin, Time now) {
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const LiveSession live = TRY(still_signed_in(tx, person, now));
    DeviceGrant row = TRY(still_waiting(tx, device, now));
    row.state = DeviceGrantState::denied;
    row.user = live.user.id;
    tables::device_grants.rewrite(tx, row);
    audit(s, tx, by(origin, live.user.id), {"device_denied", live.user.id, "ok", row.client}, now);
    return {};
  });
}

Asking asking_of(const WaitingDevice& device, const Person& person, const IpAddress& address) {
  return {device.request, device.carried, &person, address};
}

}  // namespace

Result<WaitingDevice> find_device(const Services& s, const Person& person, std::string_view typed,
                                  const Origin& origin) {
  // What cannot be a code is not a guess.
  const std::optional<std::string> user_code = parse_user_code(typed);
  if (!user_code) return unknown_code();
  const UserId user = person.user().id;
  const Attempt attempt = TRY(Attempt::by_user_code(s, origin, user));
  std::optional<Found> found = TRY(find_row(s, *user_code, s.clock.now()));
  if (!found) {
    return record_failure(s, attempt, by(origin, user), {"user_code_refused", user, "refused"},
                          unknown_code());
  }
  Result<WaitingDevice> device = as_asked(s, std::move(*found));
  if (!device && device.error().code == ErrorCode::malformed) return unknown_code();
  return device;
}

Result<void> check_may_allow(const Services& s, const WaitingDevice& device, const Person& person,
                             const IpAddress& address) {
  const std::optional<Decision> decision =
      TRY(decide_person(s, asking_of(device, person, address), s.clock.now()));
  if (!decision) return {};
  switch (decision->step) {
    case Step::sign_in:
    case Step::sign_up:
      return refused(ErrorCode::forbidden, "login_required",
                     "This application wants you to sign in again.");
    case Step::add_factor: return missing_factor(device.request);
    case Step::refuse:
    case Step::stop: return decision->error;
    case Step::ask:
    case Step::issue: return {};
  }
  __builtin_unreachable();
}

Result<void> answer_device(const Services& s, const WaitingDevice& device, const Person& person,
                           Answer answer, const Origin& origin) {
  const Time now = s.clock.now();
  if (answer != Answer::allowed) return deny_device(s, device, person, origin, now);
  TRY(check_may_allow(s, device, person, origin.address));
  return allow_device(s, device, asking_of(device, person, origin.address), origin, now);
}

}  // namespace authd::auth
