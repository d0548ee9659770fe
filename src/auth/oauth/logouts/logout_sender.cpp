#include "auth/oauth/logouts/logout_sender.h"

#include <algorithm>

#include "auth/core/logout_notices.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "auth/oauth/logouts/logout_token.h"
#include "auth/oauth/protocol/outbound.h"
#include "base/encoding.h"
#include "base/json.h"

namespace authd::auth {
namespace {

using tables::Client;
using tables::DeliveryState;
using tables::LogoutDelivery;

constexpr size_t kMaxLook = 5'000;    // rows in one look
constexpr size_t kMaxTurns = 10'000;  // clients that are remembered
constexpr size_t kMaxReason = 200;    // bytes
constexpr int kBadRequest = 400;

enum class Outcome {
  delivered,
  later,    // the application failed, or was not reached
  refused,  // it does not want this token
  moot,     // there is nobody to tell any more
  unsent,   // the process ends
};

struct Sent {
  std::string id;
  Outcome outcome = Outcome::unsent;
  std::string reason;
  double jitter = 0;  // of the next attempt
};

// The reply of another server, made safe for logs, terminals and pages.
std::string plain(std::string_view text) {
  std::string kept;
  for (const char c : text.substr(0, kMaxReason))
    kept += c >= 0x20 && c < 0x7f ? c : '?';
  return kept;
}

// "HTTP 400 invalid_request"
std::string reason_of(const fetch::Reply& reply) {
  std::string reason = "HTTP " + std::to_string(reply.status);
  if (reply.status >= 300 && reply.status < 400) return reason + ": redirects are not followed";
  const Result<JsonObject> body = JsonObject::parse(reply.body);
  if (!body) return reason;
  const auto error = body->optional_string("error");
  return error && *error ? reason + " " + plain(**error) : reason;
}

// Whether the reply says nothing about this delivery, but that the server is not there now.
bool is_down(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

struct Answer {
  Outcome outcome = Outcome::later;
  std::string reason;
  bool is_down = false;  // the next delivery would get the same
};

// Section 2.8 has 200; some frameworks answer 204 to what has no content.
Answer judge(const Result<fetch::Reply>& reply) {
  if (!reply) return {Outcome::later, plain(reply.error().message), true};
  if (reply->status >= 200 && reply->status < 300) return {Outcome::delivered, "", false};
  const Outcome outcome = reply->status == kBadRequest ? Outcome::refused : Outcome::later;
  return {outcome, reason_of(*reply), is_down(reply->status)};
}

struct Found {
  LogoutDelivery delivery;
  Client client;
};

// The delivery with its client, if there is still something to tell.
Result<std::optional<Found>> find_delivery(const Services& s, const std::string& id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<Found>> {
    std::optional<LogoutDelivery> row = tables::logout_deliveries.find(tx, id);
    if (!row || row->state != DeliveryState::waiting) return std::optional<Found>();
    std::optional<Client> client = find_client(tx, row->client);
    const bool is_its = client && client->created_at <= row->created_at;
    if (!is_its || client->backchannel_logout_uri.empty()) return std::optional<Found>();
    return std::optional<Found>(Found{std::move(*row), std::move(*client)});
  });
}

Result<Answer> ask(const Services& s, fetch::Client& remote, const Found& found,
                   const Stopping& stopping) {
  const std::string token = TRY(make_logout_token(s, found.client, found.delivery, s.clock.now()));
  fetch::Request request;
  request.url = found.client.backchannel_logout_uri;
  request.form = "logout_token=" + percent_encode(token);
  request.timeout = kLogoutTimeout;
  request.stopping = stopping;
  limit_reach(request, s.config, found.client);
  const Result<fetch::Reply> reply = remote.send(request);
  if (!reply && is_asked(stopping)) return Answer{Outcome::unsent, "", false};
  return judge(reply);
}

// Whether the last attempt got this answer, too: after a time in which the application was down,
// the first refusal may come from keys that it has not fetched yet.
bool was_refused(const LogoutDelivery& row) {
  return row.last_error.starts_with("HTTP " + std::to_string(kBadRequest));
}

void note(LogoutDelivery& row, const Sent& sent, Time claimed_until, Time now) {
  const bool is_refused =
      sent.outcome == Outcome::refused && was_refused(row) && row.attempts >= kMaxLogoutRefusals;
  row.last_error = sent.reason;
  if (sent.outcome == Outcome::unsent) {
    row.due_at = now;
    row.attempts -= std::min<uint64_t>(row.attempts, 1);
    return;
  }
  // Otherwise, after the clock was set back, it would not be given up until the clock has caught
  // up.
  row.created_at = std::min(row.created_at, now);
  if (sent.outcome == Outcome::delivered) {
    row.state = DeliveryState::delivered;
    row.expires_at = now + kKeepDelivered;
  } else if (is_refused || now - row.created_at >= kGiveUpLogoutAfter) {
    row.state = DeliveryState::dead;
    row.expires_at = now + kKeepDead;
  } else if (row.due_at == claimed_until) {  // Otherwise somebody wants it to be sent again now.
    row.due_at = now + pause_after(kLogoutRetries, row.attempts, sent.jitter);
  }
  if (row.state != DeliveryState::waiting) row.ended_at = now;
}

using Rows = std::vector<LogoutDelivery>;

// Records the outcome of the batch, and returns the rows that still exist.
Result<Rows> write_down(const Services& s, const LogoutBatch& batch, const std::vector<Sent>& all) {
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<Rows> {
    Rows rows;
    for (const Sent& sent : all) {
      const auto before = tables::logout_deliveries.find(tx, sent.id);
      if (!before || before->state != DeliveryState::waiting) continue;
      if (sent.outcome == Outcome::moot) {
        tables::logout_deliveries.remove(tx, *before);
        continue;
      }
      LogoutDelivery after = *before;
      note(after, sent, batch.claimed_until, now);
      tables::logout_deliveries.update(tx, *before, after);
      rows.push_back(std::move(after));
    }
    return rows;
  });
}

void tell(const Services& s, const LogoutDelivery& row) {
  const std::string jti = logout_text(row.id);
  switch (row.state) {
    case DeliveryState::delivered:
      count(s.counters.logouts_delivered);
      s.log.info("application told of a sign-out",
                 {{"client_id", row.client}, {"jti", jti}, {"attempts", row.attempts}});
      return;
    case DeliveryState::dead:
      count(s.counters.logouts_dead);
      s.log.warn("sign-out given up: authd client logouts CLIENT", {{"client_id", row.client},
                                                                    {"jti", jti},
                                                                    {"attempts", row.attempts},
                                                                    {"reason", row.last_error}});
      return;
    case DeliveryState::waiting: break;
  }
  if (row.last_error.empty()) return;  // unsent
  count(s.counters.logouts_failed);
  s.log.warn("application not told of a sign-out yet", {{"client_id", row.client},
                                                        {"jti", jti},
                                                        {"attempts", row.attempts},
                                                        {"reason", row.last_error}});
}

}  // namespace

// What is due, by client, without those that are busy.
struct LogoutSender::Due {
  std::map<std::string, std::vector<std::string>, std::less<>> ids;
  std::string last;      // the key of the last row that was looked at
  bool is_full = false;  // there may be more after it
};

// A look ends after so many rows, and the next one goes on behind them: what waits for busy clients
// hides nobody else's.
LogoutSender::Due LogoutSender::look(store::ReadTxn& tx, Time now) {
  Due due;
  size_t looked = 0;
  const auto take = [&](std::string_view key, const tables::Mark&) {
    due.last = key;
    due.is_full = ++looked == kMaxLook;
    const auto row = tables::logout_deliveries.find(tx, tables::after_number(key));
    if (row && !busy_.contains(row->client)) {
      std::vector<std::string>& ids = due.ids[row->client];
      if (ids.size() < kLogoutBatch) ids.push_back(row->id);
    }
    return !due.is_full;
  };
  const std::string end_of_due = tables::big_endian(now + Milliseconds(1));
  const std::string first = seen_up_to_.empty() ? "" : seen_up_to_ + '\0';
  if (first < end_of_due) tables::logouts_due.scan(tx, first, end_of_due, take);
  if (due.is_full) return due;
  // Further ahead than anything is ever postponed: the clock was ahead.
  const std::string ahead = tables::big_endian(now + 2 * kLogoutRetries.longest);
  tables::logouts_due.scan(tx, std::max(first, ahead), "", take);
  return due;
}

std::optional<LogoutBatch> LogoutSender::choose(Due due) {
  seen_up_to_ = due.is_full ? due.last : "";
  if (turns_.size() > kMaxTurns) turns_.clear();
  const auto turn_of = [&](const std::string& client) {
    const auto found = turns_.find(client);
    return found == turns_.end() ? uint64_t{0} : found->second;
  };
  auto first = due.ids.begin();
  for (auto one = due.ids.begin(); one != due.ids.end(); ++one) {
    if (turn_of(one->first) < turn_of(first->first)) first = one;
  }
  if (first == due.ids.end()) return std::nullopt;
  return LogoutBatch{first->first, std::move(first->second), {}};
}

Result<std::optional<LogoutBatch>> LogoutSender::take() {
  const std::lock_guard lock(mutex_);
  using Chosen = std::optional<LogoutBatch>;
  const Time now = s_.clock.now();
  Due due = TRY(s_.store.read([&](store::ReadTxn& tx) -> Result<Due> { return look(tx, now); }));
  Chosen chosen = choose(std::move(due));
  if (!chosen) return Chosen();
  chosen->claimed_until = now + kLogoutClaim;
  // Without this, a fault that keeps the result from being written would send it every second.
  std::vector<std::string> claimed =
      TRY(s_.store.write([&](store::WriteTxn& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> ids;
        for (const std::string& id : chosen->ids) {
          const auto before = tables::logout_deliveries.find(tx, id);
          if (!before || before->state != DeliveryState::waiting) continue;
          LogoutDelivery after = *before;
          after.attempts += 1;
          after.due_at = chosen->claimed_until;
          tables::logout_deliveries.update(tx, *before, after);
          ids.push_back(id);
        }
        return ids;
      }));
  chosen->ids = std::move(claimed);
  turns_.insert_or_assign(chosen->client, ++turn_);
  // Last, since only send() gives the client back: a lack of memory must not come after it.
  busy_.insert(chosen->client);
  return chosen;
}

Result<size_t> LogoutSender::send(const LogoutBatch& batch, const Stopping& stopping) {
  // Also when there is no memory.
  struct GivingBack {
    LogoutSender& sender;
    const std::string& client;
    ~GivingBack() {
      const std::lock_guard lock(sender.mutex_);
      sender.busy_.erase(client);
    }
  } giving_back{*this, batch.client};
  return send_all(batch, stopping);
}

Result<size_t> LogoutSender::send_all(const LogoutBatch& batch, const Stopping& stopping) {
  std::vector<Sent> all;
  std::optional<Answer> down;
  for (const std::string& id : batch.ids) {
    if (!down && is_asked(stopping)) {
      all.push_back({id, Outcome::unsent, "", 0});
      continue;
    }
    const std::optional<Found> found = TRY(find_delivery(s_, id));
    if (!found) {
      all.push_back({id, Outcome::moot, "", 0});
      continue;
    }
    const Answer answer = down ? *down : TRY(ask(s_, remote_, *found, stopping));
    if (answer.is_down) down = answer;
    all.push_back({id, answer.outcome, answer.reason, random_fraction(s_.random)});
  }
  size_t delivered = 0;
  for (const LogoutDelivery& row : TRY(write_down(s_, batch, all))) {
    tell(s_, row);
    delivered += row.state == DeliveryState::delivered ? 1 : 0;
  }
  return delivered;
}

}  // namespace authd::auth
