#include "auth/oauth/requests/device_authorization.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/lifetime.h"
#include "auth/core/limits/allowance.h"
#include "auth/core/logout_notices.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/user_code.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/requests/authorization_request.h"
#include "auth/oauth/tokens/grant_refresh.h"
#include "auth/oauth/tokens/grants.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

using tables::DeviceGrant;
using tables::DeviceGrantState;

constexpr size_t kCodeBytes = 32;
constexpr size_t kMaxCodeText = 100;
// Of devices with the same code: more than two are as good as two.
constexpr size_t kMaxSameCode = 16;

constexpr Allowance kOfClient{"devices of a client", kMaxDevicesOfClient, kDeviceCodeLife};
constexpr Allowance kOfAddress{"devices of an address", kMaxDevicesOfAddress, kDeviceCodeLife};
constexpr Allowance kOfSite{"devices of a site", kMaxDevicesOfSite, kDeviceCodeLife};

std::string bytes_of(const IpAddress& address) {
  return std::string(reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size());
}

// The address comes first: one that has used up its own allowance must not use up that of all
// devices.
Result<void> take_place(store::WriteTxn& tx, const tables::Client& client, const IpAddress& address,
                        Time now) {
  constexpr int kSiteBits = 48;
  if (client.is_public) {
    TRY(take_one(tx, kOfAddress, client.id + " " + bytes_of(address.limit_key()), now));
    if (!address.is_v4()) {
      TRY(take_one(tx, kOfSite, client.id + " " + bytes_of(address.network(kSiteBits)), now));
    }
  }
  return take_one(tx, kOfClient, client.id, now);
}

bool is_shown(store::ReadTxn& tx, std::string_view user_code) {
  bool is_there = false;
  tables::device_user_codes.scan(tx, user_code, tables::end_of_prefix(user_code),
                                 [&](std::string_view, const tables::Mark&) {
                                   is_there = true;
                                   return false;
                                 });
  return is_there;
}

// One that no device shows. Two that are drawn at the same moment may be the same, which
// find_waiting_device() bears.
Result<std::string> free_user_code(const Services& s) {
  for (;;) {
    std::string code = make_user_code(s.random);
    const bool is_taken =
        TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> { return is_shown(tx, code); }));
    if (!is_taken) return code;
  }
}

// What a poll finds.
enum class Poll {
  tokens,   // the person has allowed it
  pending,  // not decided
  early,    // not decided, and sooner than the interval says
  denied,
  expired,
  again,  // the tokens were fetched before
};

Milliseconds interval_of(const DeviceGrant& row) {
  return Milliseconds(static_cast<int64_t>(row.interval_ms));
}

// A last poll from a time when the clock was ahead does not count.
bool is_early(const DeviceGrant& row, Time now) {
  return row.polled_at != Time{} && row.polled_at <= now &&
         now + kPollSlack < row.polled_at + interval_of(row);
}

bool is_in_time(const DeviceGrant& row, Time now) {
  return is_in_life(row.created_at + kDeviceCodeLife, kDeviceCodeLife, now);
}

Poll judge(const DeviceGrant& row, Time now) {
  if (row.state == DeviceGrantState::used) return Poll::again;
  if (row.state == DeviceGrantState::denied) return Poll::denied;
  if (!is_in_time(row, now)) return Poll::expired;
  if (row.state == DeviceGrantState::allowed) return Poll::tokens;
  return is_early(row, now) ? Poll::early : Poll::pending;
}

Error refusal_of(Poll poll) {
  const auto refuse = [](std::string_view name, std::string message) {
    return refused(ErrorCode::malformed, name, std::move(message));
  };
  switch (poll) {
    case Poll::pending:
      return refuse("authorization_pending", "The person has not answered yet; ask again.");
    case Poll::early:
      return refuse("slow_down", "This is too often: wait 5 seconds longer between two requests.");
    case Poll::denied: return refuse("access_denied", "The person did not allow it.");
    case Poll::expired: return refuse("expired_token", "Nobody has answered in time; start again.");
    case Poll::tokens:
    case Poll::again: return invalid_grant();
  }
  __builtin_unreachable();
}

// Whether the answer to the poll leaves the row as it is, so that a device which keeps asking costs
// no write.
bool changes_nothing(Poll poll, const DeviceGrant& row) {
  if (poll == Poll::early) return interval_of(row) >= kLongestPollInterval;
  return poll == Poll::denied || poll == Poll::expired;
}

std::optional<DeviceGrant> find_of_client(store::Reader& tx, std::string_view id,
                                          const Program& program) {
  std::optional<DeviceGrant> row = tables::device_grants.find(tx, id);
  if (row && !is_of_client(*row, program.client())) row.reset();
  return row;
}

struct Polled {
  Poll poll = Poll::pending;  // a value, so that what it changes is committed
  GrantRows rows;
  TokenWishes wishes;
};

// What the transaction needs, read before it.
struct Look {
  std::optional<DeviceGrant> row;
  std::optional<tables::Grant> grant;
};

Result<Look> look_at(const Services& s, std::string_view id, const Program& program) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<Look> {
    Look look;
    look.row = find_of_client(tx, id, program);
    if (look.row && !look.row->grant.empty()) look.grant = tables::grants.find(tx, look.row->grant);
    return look;
  });
}

void end_reused(const Services& s, store::WriteTxn& tx, const DeviceGrant& row,
                const Origin& origin, Time now) {
  const std::optional<tables::Grant> grant = tables::grants.find(tx, row.grant);
  if (!grant) return;
  audit(s, tx, origin, {"code_reused", grant->user, "grant_ended", grant->client}, now);
  remove_grant(tx, *grant, now);
}

// The tokens' part of a poll.
Result<void> redeem(const Services& s, store::WriteTxn& tx, DeviceGrant& row, Polled& polled,
                    const Narrowing& narrowing, const std::vector<tables::Grant>& evicted,
                    const Origin& origin, Time now) {
  std::optional<GrantRows> rows = find_live_grant(s.config, tx, row.grant, now);
  if (!rows) return invalid_grant();
  polled.wishes = TRY(wishes_for(s, tx, *rows, narrowing));
  TRY(use_proof(tx, narrowing.proof, now));
  bind_grant(*rows, narrowing.proof);
  // Another device has got nothing again, so its client is told.
  tables::Grant opening = rows->grant;
  opening.session.clear();
  make_room(tx, evicted, opening, now);
  open_grant(s, tx, *rows, origin, now);
  row.state = DeviceGrantState::used;
  tables::device_grants.rewrite(tx, row);
  polled.rows = std::move(*rows);
  return {};
}

Result<Polled> poll_in(const Services& s, store::WriteTxn& tx, const Program& program,
                       std::string_view id, const Narrowing& narrowing,
                       const std::vector<tables::Grant>& evicted, const Origin& origin, Time now) {
  std::optional<DeviceGrant> row = find_of_client(tx, id, program);
  if (!row) return invalid_grant();
  Polled polled;
  polled.poll = judge(*row, now);
  switch (polled.poll) {
    case Poll::tokens: TRY(redeem(s, tx, *row, polled, narrowing, evicted, origin, now)); break;
    case Poll::pending:
      row->polled_at = now;
      tables::device_grants.rewrite(tx, *row);
      break;
    // The last poll that counts stays: a device that waits as long as it was told is in time.
    case Poll::early:
      row->interval_ms = static_cast<uint64_t>(
          std::min(interval_of(*row) + kPollStep, kLongestPollInterval).count());
      tables::device_grants.rewrite(tx, *row);
      break;
    case Poll::again: end_reused(s, tx, *row, origin, now); break;
    case Poll::denied:
    case Poll::expired: break;
  }
  return polled;
}

}  // namespace

Result<DeviceAuthorization> authorize_device(const Services& s, const Program& program,
                                             const Parameters& parameters, const Origin& origin) {
  const tables::Client& client = program.client();
  if (!has_grant_type(client, kDeviceGrant)) return unauthorized_client();
  const AuthorizationRequest request = TRY(read_device_request(s, client, parameters));
  const Time now = s.clock.now();
  DeviceAuthorization made;
  made.device_code = base64url_encode(s.random.bytes(kCodeBytes));
  made.expires_in = std::chrono::floor<Seconds>(kDeviceCodeLife);
  made.interval = std::chrono::floor<Seconds>(kPollStep);
  DeviceGrant row;
  row.id = crypto::sha256(made.device_code);
  row.user_code = TRY(free_user_code(s));
  row.client = client.id;
  row.scopes = request.scopes;
  row.resources = request.resources;
  row.interval_ms = static_cast<uint64_t>(kPollStep.count());
  row.address = origin.address.to_string();
  row.created_at = now;
  row.expires_at = now + kDeviceRowLife;
  made.user_code = shown_user_code(row.user_code);
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    TRY(take_place(tx, client, origin.address, now));
    tables::device_grants.insert(tx, row);
    return {};
  }));
  return made;
}

Result<IssuedTokens> exchange_device_code(const Services& s, const Program& program,
                                          std::string_view device_code, const Narrowing& narrowing,
                                          const Origin& origin) {
  if (!has_grant_type(program.client(), kDeviceGrant)) return unauthorized_client();
  if (device_code.size() > kMaxCodeText) return invalid_grant();
  const std::string id = crypto::sha256(device_code);
  const Time now = s.clock.now();
  const Look look = TRY(look_at(s, id, program));
  if (!look.row) return invalid_grant();
  const Poll seen = judge(*look.row, now);
  if (changes_nothing(seen, *look.row)) return refusal_of(seen);
  std::vector<tables::Grant> evicted;
  if (seen == Poll::tokens && look.grant) evicted = TRY(open_to_evict(s, *look.grant, now));
  const Result<Polled> done = s.store.write([&](store::WriteTxn& tx) -> Result<Polled> {
    return poll_in(s, tx, program, id, narrowing, evicted, origin, now);
  });
  if (!done) return done.error();
  if (done->poll == Poll::again) {
    count(s.counters.codes_reused);
    s.log.warn("device code used twice, grant ended",
               {{"request_id", origin.request_id}, {"client_id", program.client().id}});
  }
  if (done->poll != Poll::tokens) return refusal_of(done->poll);
  count(s.counters.codes_exchanged);
  return issue_tokens(s, done->rows, done->wishes, "", now);
}

bool is_waiting(const DeviceGrant& row, Time now) {
  return row.state == DeviceGrantState::pending && is_in_time(row, now);
}

bool is_of_client(const DeviceGrant& row, const tables::Client& client) {
  return row.client == client.id && client.created_at <= row.created_at;
}

std::optional<DeviceGrant> find_waiting_device(store::ReadTxn& tx, std::string_view user_code,
                                               Time now) {
  std::vector<DeviceGrant> found;
  size_t seen = 0;
  tables::device_user_codes.scan(
      tx, user_code, tables::end_of_prefix(user_code),
      [&](std::string_view key, const tables::Mark&) {
        const std::string_view id = key.substr(DeviceGrant::kUserCodeBytes);
        std::optional<DeviceGrant> row = tables::device_grants.find(tx, id);
        if (row && is_waiting(*row, now)) found.push_back(std::move(*row));
        seen += 1;
        return found.size() < 2 && seen < kMaxSameCode;
      });
  if (found.size() != 1) return std::nullopt;
  return std::move(found.front());
}

}  // namespace authd::auth
