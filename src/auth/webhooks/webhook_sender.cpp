#include "auth/webhooks/webhook_sender.h"

#include <algorithm>

#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/webhooks/event_types.h"
#include "auth/webhooks/webhook_message.h"
#include "auth/webhooks/webhook_queue.h"
#include "auth/webhooks/webhooks.h"
#include "base/text.h"
#include "tables/outbox.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using tables::DeliveryState;
using tables::Webhook;
using tables::WebhookDelivery;
using tables::WebhookEnd;

constexpr size_t kLongestReason = 200;  // bytes
constexpr int kGone = 410;
// From so many failures in a row on, it is left alone after each further one, whatever it is.
constexpr uint64_t kFailuresToHold = 10;

enum class Outcome {
  taken,
  later,    // it failed
  gone,     // the endpoint wants nothing any more
  not_now,  // the endpoint was down a moment ago, so this one was not tried
  moot,     // there is nothing to send any more
  pruned,   // the audit log has the event no longer
  unsent,   // the process ends, or the batch took too long
};

struct Judged {
  Outcome outcome = Outcome::later;
  std::string answer;
  bool is_down = false;  // the next event would get the same
  std::optional<Milliseconds> retry_after = {};
};

// The text of another server, made safe for logs, terminals and pages.
std::string plain_reason(std::string_view text) {
  std::string kept;
  for (const char c : text.substr(0, kLongestReason))
    kept += c >= 0x20 && c < 0x7f ? c : '?';
  return kept;
}

// RFC 9110 section 10.2.3, in seconds. As a date it is not obeyed, as clocks differ.
std::optional<Milliseconds> retry_after_of(const fetch::Reply& reply) {
  const std::optional<uint64_t> seconds = parse_unsigned(reply.header("retry-after"));
  if (!seconds) return std::nullopt;
  const auto longest =
      static_cast<uint64_t>(std::chrono::duration_cast<Seconds>(kLongestHold).count());
  return std::max<Milliseconds>(Seconds(static_cast<int64_t>(std::min(*seconds, longest))),
                                kShortestHold);
}

Judged judge_reply(const Result<fetch::Reply>& reply) {
  if (!reply) return {Outcome::later, plain_reason(reply.error().message), true};
  Judged judged{Outcome::later, "HTTP " + std::to_string(reply->status)};
  if (reply->status >= 200 && reply->status < 300) {
    judged.outcome = Outcome::taken;
    return judged;
  }
  if (reply->status == kGone) judged.outcome = Outcome::gone;
  if (reply->status >= 300 && reply->status < 400) judged.answer += ": redirects are not followed";
  judged.is_down = reply->status == 429 || (reply->status >= 502 && reply->status <= 504);
  if (judged.is_down) judged.retry_after = retry_after_of(*reply);
  return judged;
}

struct Found {
  WebhookDelivery delivery;
  Webhook webhook;
  std::optional<EventBody> body;  // nullopt: it was pruned
};

bool is_fresh(Time held_until, Time now) {
  return held_until > now && held_until <= now + 2 * kLongestHold;
}

Milliseconds retry_pause(uint64_t attempts, double jitter) {
  const size_t at = std::min<size_t>(attempts == 0 ? 0 : attempts - 1, kWebhookRetries.size() - 1);
  return pause_after({kWebhookRetries[at], kWebhookRetries[at]}, 1, jitter);
}

}  // namespace

struct WebhookSender::Sent {
  std::string id;
  Judged judged{Outcome::unsent, ""};
  double jitter = 0;
  bool is_test = false;
};

namespace {

// The delivery of an endpoint, if there is still something to send.
Result<std::optional<Found>> find_message(const Services& s, const std::string& id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<Found>> {
    std::optional<WebhookDelivery> row = tables::webhook_deliveries.find(tx, id);
    if (!row || row->state != DeliveryState::waiting) return std::optional<Found>();
    std::optional<Webhook> webhook = tables::webhooks.find(tx, row->endpoint());
    std::optional<EventBody> body = event_body(tx, event_number(*row));
    if (!webhook) return std::optional<Found>();
    return std::optional<Found>(Found{std::move(*row), std::move(*webhook), std::move(body)});
  });
}

template <typename SentOne>
void note_delivery(WebhookDelivery& row, const SentOne& sent, Time claimed_until, Time now) {
  const Outcome outcome = sent.judged.outcome;
  // Otherwise, after the clock was set back, it would not be given up until the clock has caught
  // up.
  row.created_at = std::min(row.created_at, now);
  const bool is_over = now - row.created_at >= kGiveUpWebhookAfter;
  const bool is_tried = outcome == Outcome::later || outcome == Outcome::gone;
  if (!is_tried) row.attempts -= std::min<uint64_t>(row.attempts, 1);
  if (outcome != Outcome::unsent) row.last_error = sent.judged.answer;
  if (outcome == Outcome::gone || (is_over && outcome != Outcome::unsent)) {
    row.state = DeliveryState::dead;
    row.ended_at = now;
  } else if (!is_tried) {
    row.due_at = now;                        // The endpoint is held back if it was down.
  } else if (row.due_at == claimed_until) {  // Otherwise somebody wants it to be sent again now.
    row.due_at = std::min(now + retry_pause(row.attempts, sent.jitter),
                          row.created_at + kGiveUpWebhookAfter);
  }
}

// What the batch says of the endpoint as a whole. Returns whether it is disabled now.
template <typename SentOne>
bool note_endpoint(Webhook& webhook, const std::vector<SentOne>& all, Time now) {
  bool is_gone = false;
  for (const SentOne& sent : all) {
    const Judged& judged = sent.judged;
    const bool is_answer = judged.outcome == Outcome::taken || judged.outcome == Outcome::later ||
                           judged.outcome == Outcome::gone;
    if (!is_answer) continue;
    webhook.answered_at = now;
    webhook.answer = judged.answer;
    if (sent.is_test) {
      webhook.tested_at = now;
      webhook.test_answer = judged.answer;
    }
    is_gone = is_gone || judged.outcome == Outcome::gone;
    if (judged.outcome == Outcome::taken) {
      webhook.failing_since = Time{};
      webhook.failures = 0;
      webhook.held_until = Time{};
      continue;
    }
    if (webhook.failing_since == Time{} || webhook.failing_since > now) webhook.failing_since = now;
    webhook.failures += 1;
    if (!judged.is_down && webhook.failures < kFailuresToHold) continue;
    webhook.held_until = now + judged.retry_after.value_or(
                                   pause_after(kWebhookHolds, webhook.failures, sent.jitter));
  }
  const bool has_failed =
      webhook.failing_since != Time{} && now - webhook.failing_since >= kDisableWebhookAfter;
  if (!webhook.is_enabled() || !(is_gone || has_failed)) return false;
  webhook.disabled_at = now;
  webhook.end = is_gone ? WebhookEnd::gone : WebhookEnd::failures;
  return true;
}

// Mails to administrators, made before the transaction that may need them.
struct Notice {
  UserId user;
  tables::Mail mail;
};
Result<std::vector<Notice>> make_notices(const Services& s, const std::string& endpoint, Time now) {
  using Notices = std::vector<Notice>;
  struct Told {
    std::vector<tables::User> users;
    std::string host;
  };
  const Told told = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Told> {
    Told found;
    const auto webhook = tables::webhooks.find(tx, endpoint);
    if (webhook) found.host = webhook_host(webhook->url);
    const auto role = tables::find_role_by_name(tx, kAdminRole);
    if (!role) return found;
    tables::scan_members(tx, role->id, UserId{}, [&](const tables::User& user) {
      if (!user.disabled && !user.email.empty()) found.users.push_back(user);
      return found.users.size() < kToldAdministrators;
    });
    return found;
  }));
  Notices notices;
  for (const tables::User& user : told.users) {
    auto mail = make_notice(s, tables::MailKind::webhook_disabled, user, told.host, Origin{}, now);
    if (mail) notices.push_back({user.id, std::move(*mail)});
  }
  return notices;
}

void end_endpoint(const Services& s, store::WriteTxn& tx, const Webhook& webhook,
                  const std::vector<Notice>& notices, Time now) {
  audit(s, tx, Origin{},
        {"webhook_disabled", std::nullopt, "ok", webhook_text(webhook.id), word_of(webhook.end)},
        now);
  for (const Notice& notice : notices) {
    const auto user = tables::find_user(tx, notice.user);
    // Somebody may be an administrator no longer.
    if (user && !user->disabled && user->email == notice.mail.to && is_administrator(tx, *user)) {
      tables::insert_mail(tx, notice.mail);
    }
  }
}

struct Written {
  std::vector<WebhookDelivery> rows;  // that are still there
  size_t taken = 0;
  size_t lost = 0;
  bool is_disabled = false;
};

void count_lost(store::WriteTxn& tx, size_t lost) {
  auto cursor = tables::webhook_cursors.find(tx, kWebhookCursor);
  if (!cursor) return;
  cursor->lost += lost;
  tables::webhook_cursors.put(tx, kWebhookCursor, *cursor);
}

// Records the outcome of the batch.
template <typename SentOne>
Result<Written> write_outcome(const Services& s, const WebhookBatch& batch,
                              const std::vector<SentOne>& all) {
  const Time now = s.clock.now();
  const bool has_failures = std::any_of(all.begin(), all.end(), [](const SentOne& sent) {
    return sent.judged.outcome == Outcome::later || sent.judged.outcome == Outcome::gone;
  });
  std::vector<Notice> notices;
  if (has_failures) notices = TRY(make_notices(s, batch.endpoint, now));
  return s.store.write([&](store::WriteTxn& tx) -> Result<Written> {
    Written written;
    for (const SentOne& sent : all) {
      const auto before = tables::webhook_deliveries.find(tx, sent.id);
      if (!before || before->state != DeliveryState::waiting) continue;
      const Outcome outcome = sent.judged.outcome;
      if (outcome == Outcome::moot || outcome == Outcome::pruned || outcome == Outcome::taken) {
        tables::webhook_deliveries.remove(tx, *before);
        written.taken += outcome == Outcome::taken ? 1 : 0;
        written.lost += outcome == Outcome::pruned ? 1 : 0;
        continue;
      }
      WebhookDelivery after = *before;
      note_delivery(after, sent, batch.claimed_until, now);
      tables::webhook_deliveries.update(tx, *before, after);
      written.rows.push_back(std::move(after));
    }
    if (written.lost > 0) count_lost(tx, written.lost);
    std::optional<Webhook> webhook = tables::webhooks.find(tx, batch.endpoint);
    if (!webhook) return written;  // Its deliveries are being removed.
    const std::string as_it_was = tables::encode_row(*webhook);
    written.is_disabled = note_endpoint(*webhook, all, now);
    if (tables::encode_row(*webhook) != as_it_was) tables::webhooks.put(tx, *webhook);
    if (written.is_disabled) end_endpoint(s, tx, *webhook, notices, now);
    return written;
  });
}

void tell_of(const Services& s, const WebhookBatch& batch, const Written& written) {
  const std::string endpoint = webhook_text(batch.endpoint);
  for (size_t i = 0; i < written.taken; ++i)
    count(s.counters.webhooks_delivered);
  if (written.lost > 0) {
    s.log.error("events were lost: audit.retention is shorter than the endpoint was down",
                {{"webhook", endpoint}, {"count", written.lost}});
  }
  for (const WebhookDelivery& row : written.rows) {
    if (row.last_error.empty()) continue;  // unsent
    if (row.state == DeliveryState::dead) {
      count(s.counters.webhooks_dead);
      s.log.warn("event given up: authd webhook deliveries --dead",
                 {{"webhook", endpoint},
                  {"message", delivery_text(row)},
                  {"attempts", row.attempts},
                  {"reason", row.last_error}});
      continue;
    }
    if (row.due_at <= s.clock.now()) continue;  // It was not tried.
    count(s.counters.webhooks_failed);
    s.log.warn("event not taken yet", {{"webhook", endpoint},
                                       {"message", delivery_text(row)},
                                       {"attempts", row.attempts},
                                       {"reason", row.last_error}});
  }
  if (!written.is_disabled) return;
  s.log.error("an endpoint was disabled, as it takes no events: authd webhook enable ID",
              {{"webhook", endpoint}});
}

}  // namespace

std::optional<std::vector<std::string>> WebhookSender::due_of(store::ReadTxn& tx,
                                                              const Webhook& webhook,
                                                              Time now) const {
  if (!webhook.is_enabled() || is_fresh(webhook.held_until, now)) return std::nullopt;
  const bool is_failing = webhook.failing_since != Time{};
  const auto busy = busy_.find(webhook.id);
  const size_t most = is_failing ? 1 : kSlotsOfOne;
  if (busy != busy_.end() && busy->second >= most) return std::nullopt;
  if (is_failing && failing_busy_ >= kFailingSlots) return std::nullopt;
  std::vector<std::string> ids;
  const auto take_id = [&](std::string_view key, const tables::Mark& mark) {
    ids.push_back(tables::webhook_delivery_of_entry(key, mark));
    return ids.size() < kWebhookBatch;
  };
  const std::string& id = webhook.id;
  tables::webhooks_due.scan(tx, id, id + tables::big_endian(now + Milliseconds(1)), take_id);
  if (ids.size() == kWebhookBatch) return ids;
  // Further ahead than anything is ever postponed: the clock was ahead.
  const Time ahead = now + 2 * kWebhookRetries.back();
  tables::webhooks_due.scan(tx, id + tables::big_endian(ahead), tables::end_of_prefix(id), take_id);
  if (ids.empty()) return std::nullopt;
  return ids;
}

Result<std::optional<WebhookBatch>> WebhookSender::look(Time now) {
  using Chosen = std::optional<WebhookBatch>;
  return s_.store.read([&](store::ReadTxn& tx) -> Result<Chosen> {
    Chosen chosen;
    uint64_t turn_of_chosen = 0;
    tables::webhooks.scan(tx, "", "", [&](std::string_view id, const Webhook& webhook) {
      const auto turn = turns_.find(id);
      const uint64_t turn_of_it = turn == turns_.end() ? 0 : turn->second;
      if (chosen && turn_of_it >= turn_of_chosen) return true;
      auto ids = due_of(tx, webhook, now);
      if (!ids) return true;
      const bool is_failing = webhook.failing_since != Time{};
      chosen = WebhookBatch{std::string(id), std::move(*ids), now + kWebhookClaim, is_failing};
      turn_of_chosen = turn_of_it;
      return true;
    });
    return chosen;
  });
}

Result<std::optional<WebhookBatch>> WebhookSender::take() {
  const std::lock_guard lock(mutex_);
  std::optional<WebhookBatch> chosen = TRY(look(s_.clock.now()));
  if (!chosen) return chosen;
  // Without this, a fault that keeps the result from being written would send it every second.
  chosen->ids = TRY(s_.store.write([&](store::WriteTxn& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> ids;
    for (const std::string& id : chosen->ids) {
      const auto before = tables::webhook_deliveries.find(tx, id);
      if (!before || before->state != DeliveryState::waiting) continue;
      WebhookDelivery after = *before;
      after.attempts += 1;
      after.due_at = chosen->claimed_until;
      tables::webhook_deliveries.update(tx, *before, after);
      ids.push_back(id);
    }
    return ids;
  }));
  if (turns_.size() > 2 * kMaxWebhooks) turns_.clear();
  turns_.insert_or_assign(chosen->endpoint, ++turn_);
  if (chosen->ids.empty()) return chosen;  // They went away meanwhile, and nobody sends.
  // Last, since only send() gives the slot back: a lack of memory must not come after it.
  busy_[chosen->endpoint] += 1;
  failing_busy_ += chosen->is_failing ? 1 : 0;
  return chosen;
}

Result<size_t> WebhookSender::send(const WebhookBatch& batch, const Stopping& stopping) {
  // Also when there is no memory.
  struct GivingBack {
    WebhookSender& sender;
    const WebhookBatch& batch;
    ~GivingBack() {
      const std::lock_guard lock(sender.mutex_);
      const auto busy = sender.busy_.find(batch.endpoint);
      if (busy != sender.busy_.end() && --busy->second == 0) sender.busy_.erase(busy);
      sender.failing_busy_ -= batch.is_failing ? 1 : 0;
    }
  } giving_back{*this, batch};
  return send_all(batch, stopping);
}

Result<WebhookSender::Sent> WebhookSender::send_one(const WebhookBatch& batch,
                                                    const std::string& id,
                                                    const Stopping& stopping) {
  Sent sent{id, {Outcome::moot, ""}, random_fraction(s_.random), false};
  const std::optional<Found> found = TRY(find_message(s_, id));
  if (!found) return sent;
  if (!found->webhook.is_enabled() || found->delivery.due_at != batch.claimed_until) {
    sent.judged.outcome = Outcome::unsent;
    return sent;
  }
  if (!found->body) {
    sent.judged.outcome = Outcome::pruned;
    return sent;
  }
  sent.is_test = found->body->type == kTestEvent;
  const std::string message = delivery_text(found->delivery);
  fetch::Request request;
  request.url = found->webhook.url;
  request.json = found->body->json;
  Result<std::vector<std::string>> headers =
      message_headers(s_, found->webhook, message, request.json, s_.clock.now());
  if (!headers) {
    sent.judged = {Outcome::later, headers.error().message, true};
    return sent;
  }
  request.headers = std::move(*headers);
  request.timeout = kWebhookTimeout;
  request.stopping = stopping;
  request.reach = fetch::Reach::public_only;
  request.networks = s_.config.webhooks.allow_networks;
  request.takes_plain_to_networks = true;
  request.max_bytes = kWebhookReply;
  request.cuts_reply = true;
  const Result<fetch::Reply> reply = remote_.send(request);
  sent.judged = !reply && is_asked(stopping) ? Judged{Outcome::unsent, ""} : judge_reply(reply);
  return sent;
}

Result<size_t> WebhookSender::send_all(const WebhookBatch& batch, const Stopping& stopping) {
  const SteadyTime until = s_.clock.steady_now() + kWebhookBatchTime;
  std::vector<Sent> all;
  std::optional<Judged> end;  // for the rest of the batch
  for (const std::string& id : batch.ids) {
    if (!end && (is_asked(stopping) || s_.clock.steady_now() >= until)) {
      end = Judged{Outcome::unsent, ""};
    }
    if (end) {
      all.push_back({id, *end, 0, false});
      continue;
    }
    all.push_back(TRY(send_one(batch, id, stopping)));
    const Judged& judged = all.back().judged;
    if (judged.outcome == Outcome::gone || judged.is_down) {
      end = Judged{Outcome::not_now, judged.answer};
    }
  }
  const Written written = TRY(write_outcome(s_, batch, all));
  tell_of(s_, batch, written);
  return written.taken;
}

}  // namespace authd::auth
