#include "auth/core/logout_notices.h"

#include <vector>

#include "auth/core/grant_session.h"
#include "auth/core/subject.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "tables/owned.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using tables::Client;
using tables::Grant;
using tables::LogoutDelivery;
using tables::LogoutNotice;

constexpr std::string_view kReceivers = "logout_receivers";
constexpr size_t kMaxNotices = tables::kWriteBudget;  // for one transaction

// The key begins with the user, so that the notices of one user are found. What follows never comes
// a second time: an epoch, or the beginning of a session's random id.
LogoutNotice notice_about(UserId user, std::string_view what) {
  LogoutNotice notice;
  notice.id = tables::big_endian(user.value) + std::string(what.substr(0, tables::kNumberBytes));
  notice.user = user;
  return notice;
}

std::optional<Client> receiver_of(store::Reader& tx, const Grant& grant) {
  if (!grant.is_open) return std::nullopt;  // Nobody has got its tokens.
  std::optional<Client> client = tables::clients.find(tx, grant.client);
  const bool is_its = client && client->created_at <= grant.created_at;
  if (!is_its || client->backchannel_logout_uri.empty()) return std::nullopt;
  return client;
}

// Client, time, grant: so the deliveries of a client are listed by time. As text it is the `jti`,
// which need not be secret.
std::string new_id(store::Reader& tx, const Grant& grant, Time now) {
  constexpr size_t kTimeBytes = 6;  // milliseconds until the year 10889
  constexpr size_t kGrantBytes = 6;
  std::string id = logout_prefix(grant.client) +
                   tables::big_endian(now).substr(tables::kNumberBytes - kTimeBytes) +
                   crypto::sha256(grant.id).substr(0, kGrantBytes);
  while (tables::logout_deliveries.find(tx, id))
    id.back() = static_cast<char>(id.back() + 1);
  return id;
}

void insert_delivery(store::WriteTxn& tx, const Grant& grant, std::string subject, Time now) {
  LogoutDelivery delivery;
  delivery.id = new_id(tx, grant, now);
  delivery.client = grant.client;
  delivery.subject = std::move(subject);
  delivery.sid = base64url_encode(grant.id);
  delivery.created_at = now;
  delivery.due_at = now;
  delivery.expires_at = now + kKeepDead;
  tables::logout_deliveries.insert(tx, delivery);
}

// What has ended, by what the notice names.
enum class Ending {
  session,   // one session
  sessions,  // all sessions of the user from before an epoch
  account,   // the user, of whom only the notice has the subject
};

Ending what_ended(const LogoutNotice& notice) {
  if (!notice.session.empty()) return Ending::session;
  return notice.subject.empty() ? Ending::sessions : Ending::account;
}

// A notice and the rows that decide about it.
struct Concerned {
  LogoutNotice notice;
  std::optional<tables::User> user;

  bool is_about(const Grant& grant) const {
    if (grant.user != notice.user) return false;
    const Ending ended = what_ended(notice);
    // The notice of the deletion is about all of them.
    if (!user && ended != Ending::account) return false;
    if (ended == Ending::session) return grant.session == notice.session;
    return !user || grant.epoch != user->session_epoch;
  }
  bool ends(const Grant& grant) const {
    return what_ended(notice) != Ending::session || !outlives_session(grant);
  }
  std::string subject() const { return user ? subject_of(*user) : notice.subject; }
};

// A part of the work that fits into one transaction.
struct Piece {
  std::string notice;               // its id
  std::vector<std::string> grants;  // ids
  bool is_whole = false;            // nothing is left of the notice after them
};

std::optional<Concerned> find_notice(store::Reader& tx, std::string_view id) {
  std::optional<LogoutNotice> notice = tables::logout_notices.find(tx, id);
  if (!notice) return std::nullopt;
  std::optional<tables::User> user = tables::find_user(tx, notice->user);
  return Concerned{std::move(*notice), std::move(user)};
}

std::vector<std::string> grants_of(store::ReadTxn& tx, const Concerned& concerned) {
  std::vector<std::string> ids;
  for (const Grant& grant : tables::rows_of(tx, tables::grants, concerned.notice.user)) {
    if (concerned.is_about(grant) && receiver_of(tx, grant)) ids.push_back(grant.id);
  }
  return ids;
}

std::vector<std::string> some_notices(store::ReadTxn& tx, std::optional<UserId> user) {
  const std::string first = user ? tables::big_endian(user->value) : "";
  const std::string end = user ? tables::end_of_prefix(first) : "";
  std::vector<std::string> ids;
  tables::logout_notices.scan(tx, first, end, [&](std::string_view id, const LogoutNotice&) {
    ids.emplace_back(id);
    return ids.size() < kMaxNotices;
  });
  return ids;
}

struct Plan {
  std::vector<Piece> pieces;
  bool is_everything = false;
};

Plan plan(store::ReadTxn& tx, std::optional<UserId> user) {
  size_t left = tables::kWriteBudget;
  Plan plan;
  const std::vector<std::string> notices = some_notices(tx, user);
  for (const std::string& id : notices) {
    const std::optional<Concerned> concerned = find_notice(tx, id);
    if (!concerned) continue;
    Piece piece{id, grants_of(tx, *concerned), true};
    if (left == 0) return plan;
    const size_t most = (left - 1) / kRemoveGrantWrites;
    if (piece.grants.size() > most) {
      piece.grants.resize(most);
      piece.is_whole = false;
    }
    left -= piece.grants.size() * kRemoveGrantWrites + (piece.is_whole ? 1 : 0);
    const bool is_whole = piece.is_whole;
    plan.pieces.push_back(std::move(piece));
    if (!is_whole) return plan;
  }
  plan.is_everything = notices.size() < kMaxNotices;
  return plan;
}

// A grant that outlives the session is told about once, and then names it no longer.
void expand_grant(store::WriteTxn& tx, const Concerned& concerned, Grant grant, Time now) {
  insert_delivery(tx, grant, concerned.subject(), now);
  if (concerned.ends(grant)) {
    tables::grants.remove(tx, grant.id, grant);
    return;
  }
  grant.session.clear();
  tables::grants.rewrite(tx, grant);
}

void expand(store::WriteTxn& tx, const Piece& piece, Expanded& done, Time now) {
  // Whoever was faster has done it.
  const std::optional<Concerned> concerned = find_notice(tx, piece.notice);
  if (!concerned) return;
  for (const std::string& id : piece.grants) {
    const std::optional<Grant> grant = tables::grants.find(tx, id);
    if (!grant || !concerned->is_about(*grant) || !receiver_of(tx, *grant)) continue;
    expand_grant(tx, *concerned, *grant, now);
    done.deliveries += 1;
  }
  if (!piece.is_whole) return;
  tables::logout_notices.del(tx, piece.notice);
  done.notices += 1;
}

}  // namespace

bool has_receivers(store::Reader& tx) {
  return tables::settings.find(tx, kReceivers).has_value();
}

std::string logout_prefix(std::string_view client) {
  constexpr size_t kBytes = 4;
  return crypto::sha256(client).substr(0, kBytes);
}

void note_receiver(store::WriteTxn& tx, const Client& client) {
  if (client.backchannel_logout_uri.empty() || has_receivers(tx)) return;
  tables::settings.put(tx, kReceivers, {"yes", {}});
}

void remove_session(store::WriteTxn& tx, const tables::Session& session) {
  tables::delete_session(tx, session);
  // Of any kind: a device can be allowed from a session with tokens
  // (auth/oauth/requests/device_answer.h).
  if (!has_receivers(tx)) return;
  LogoutNotice notice = notice_about(session.user, session.id);
  notice.session = session.id;
  tables::logout_notices.put(tx, notice);
}

void raise_session_epoch(store::WriteTxn& tx, tables::User& user) {
  user.session_epoch += 1;
  if (!has_receivers(tx)) return;
  tables::logout_notices.put(tx, notice_about(user.id, tables::big_endian(user.session_epoch)));
}

void tell_of_deletion(store::WriteTxn& tx, const tables::User& user) {
  if (!has_receivers(tx)) return;
  LogoutNotice notice = notice_about(user.id, tables::big_endian(user.session_epoch + 1));
  notice.subject = subject_of(user);
  tables::logout_notices.put(tx, notice);
}

void remove_grant(store::WriteTxn& tx, const Grant& grant, Time now) {
  const std::optional<tables::User> user = tables::find_user(tx, grant.user);
  // That of a deleted user has ended, and the notice of the deletion still needs it.
  if (!user) return;
  if (receiver_of(tx, grant)) insert_delivery(tx, grant, subject_of(*user), now);
  tables::grants.remove(tx, grant.id, grant);
}

Result<Expanded> expand_notices(const Services& s, std::optional<UserId> user) {
  const Plan next =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Plan> { return plan(tx, user); }));
  if (next.pieces.empty()) return Expanded{};
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<Expanded> {
    Expanded done;
    for (const Piece& piece : next.pieces)
      expand(tx, piece, done, now);
    done.more = !next.is_everything;
    return done;
  });
}

Result<Expanded> expand_all_notices(const Services& s, std::optional<UserId> user) {
  Expanded all;
  for (bool more = true; more;) {
    const Expanded some = TRY(expand_notices(s, user));
    all.deliveries += some.deliveries;
    all.notices += some.notices;
    more = some.more;
  }
  return all;
}

}  // namespace authd::auth
