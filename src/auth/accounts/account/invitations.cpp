#include "auth/accounts/account/invitations.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/key_reach.h"
#include "auth/core/lifetime.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/refusals.h"
#include "auth/sessions/roles.h"
#include "base/encoding.h"
#include "tables/outbox.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// The row, but for what needs the store.
Result<tables::Invitation> parse(const NewInvitation& wanted) {
  tables::Invitation row;
  if (!wanted.email.empty()) row.email = TRY(parse_email(wanted.email));
  if (wanted.uses == 0 || wanted.uses > kMaxInvitationUses) {
    return Error{ErrorCode::invalid, "An invitation makes 1 to 10000 accounts.", "uses"};
  }
  if (wanted.uses > 1 && !row.email.empty()) {
    return Error{ErrorCode::invalid, "An invitation for one address makes one account.", "uses"};
  }
  if (wanted.sends_mail && row.email.empty()) {
    return Error{ErrorCode::invalid, "The invitation can be mailed only if it has an email.",
                 "email"};
  }
  if (wanted.life < kMinInvitationLife || wanted.life > kMaxInvitationLife) {
    return Error{ErrorCode::invalid, "An invitation is valid for 1h to 90d.", "expires_in"};
  }
  for (const std::string& role : wanted.roles) {
    const bool is_named = std::find(row.roles.begin(), row.roles.end(), role) != row.roles.end();
    if (role != kUserRole && !is_named) row.roles.push_back(role);
  }
  if (row.roles.size() > kMaxInvitationRoles) {
    return Error{ErrorCode::invalid, "An invitation has at most 8 roles.", "roles"};
  }
  row.is_mailed = wanted.sends_mail;
  row.uses = wanted.uses;
  return row;
}

Result<void> check_grants(const Origin& origin, const tables::Invitation& row) {
  for (const std::string& role : row.roles)
    TRY(check_key_grants(origin, role));
  return {};
}

Result<void> check_in_store(store::Reader& tx, const tables::Invitation& row) {
  for (const std::string& role : row.roles) {
    if (!tables::find_role_by_name(tx, role)) return no_such_role(role, "roles");
  }
  tables::User invited;
  invited.email = row.email;
  return check_names_free(tx, invited);
}

std::string url_of(const Services& s, const OneTimeSecret& token) {
  return s.config.public_url + "/invite?token=" + percent_encode(token.reveal());
}

// The invitations of former administrators are void.
bool is_backed(store::Reader& tx, const tables::Invitation& row) {
  if (!row.invited_by) return true;
  const auto inviter = tables::find_user(tx, *row.invited_by);
  return inviter && !inviter->disabled && is_administrator(tx, *inviter);
}

bool is_good(store::Reader& tx, const tables::Invitation& row, Time now) {
  return row.used < row.uses && is_in_life(row.expires_at, kMaxInvitationLife, now) &&
         is_backed(tx, row);
}

}  // namespace

Result<void> check_invitation(const Services& s, const NewInvitation& wanted,
                              const Origin& origin) {
  const tables::Invitation row = TRY(parse(wanted));
  TRY(check_grants(origin, row));
  return s.store.read([&](store::ReadTxn& tx) { return check_in_store(tx, row); });
}

Result<MadeInvitation> invite(const Services& s, const NewInvitation& wanted,
                              const Origin& origin) {
  MadeInvitation made;
  made.row = TRY(parse(wanted));
  TRY(check_grants(origin, made.row));
  const FreshToken token = make_token(s);
  const Time now = s.clock.now();
  made.row.id = token.id;
  made.row.invited_by = origin.actor;
  made.row.created_at = now;
  made.row.expires_at = now + wanted.life;
  tables::User invited;
  invited.email = made.row.email;
  const tables::Mail mail =
      make_mail(s, tables::MailKind::invitation, invited, invited.email, token.text.reveal(),
                std::to_string(wanted.life / std::chrono::minutes(1)), origin, now);
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    TRY(check_in_store(tx, made.row));
    tables::invitations.insert(tx, made.row);
    if (wanted.sends_mail) insert_sealed_mail(s, tx, mail);
    audit(s, tx, origin, {"invited", std::nullopt, "ok", made.row.email}, now);
    return {};
  }));
  if (!wanted.sends_mail) made.url = url_of(s, token.text);
  return made;
}

Result<std::vector<tables::Invitation>> list_invitations(const Services& s) {
  std::vector<tables::Invitation> all =
      TRY(s.store.read([](store::ReadTxn& tx) -> Result<std::vector<tables::Invitation>> {
        std::vector<tables::Invitation> rows;
        tables::invitations.scan(tx, "", "", [&](std::string_view, tables::Invitation row) {
          rows.push_back(std::move(row));
          return true;
        });
        return rows;
      }));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(b.created_at, a.id) < std::tie(a.created_at, b.id);
  });
  return all;
}

std::string invitation_text(const tables::Invitation& row) {
  return base64url_encode(row.id);
}

Result<void> revoke_invitation(const Services& s, std::string_view id, const Origin& origin) {
  const auto raw = base64url_decode(id);
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const auto row = raw ? tables::invitations.find(tx, *raw) : std::nullopt;
    if (!row) return Error{ErrorCode::not_found, "There is no such invitation."};
    tables::invitations.del(tx, row->id);
    audit(s, tx, origin, {"invitation_revoked", std::nullopt, "ok", row->email}, now);
    return {};
  });
}

Result<std::set<std::string>> invited_addresses(const Services& s) {
  const Time now = s.clock.now();
  const std::vector<tables::Invitation> all = TRY(list_invitations(s));
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::set<std::string>> {
    std::set<std::string> addresses;
    for (const tables::Invitation& row : all) {
      if (!row.email.empty() && is_good(tx, row, now)) addresses.insert(folded_login(row.email));
    }
    return addresses;
  });
}

std::optional<tables::Invitation> find_good_invitation(store::Reader& tx, std::string_view id,
                                                       Time now) {
  auto row = tables::invitations.find(tx, id);
  return row && is_good(tx, *row, now) ? row : std::nullopt;
}

Result<tables::Invitation> look_at_invitation(const Services& s, const OneTimeSecret& token,
                                              const Origin& origin) {
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  const std::optional<std::string> id = token_id(token);
  const Time now = s.clock.now();
  Result<tables::Invitation> found =
      s.store.read([&](store::ReadTxn& tx) -> Result<tables::Invitation> {
        auto row = id ? find_good_invitation(tx, *id, now) : std::nullopt;
        if (!row) return wrong_link_or_code();
        return std::move(*row);
      });
  return or_record_failure(s, std::move(found), attempt, origin, "invitation_followed");
}

Result<std::optional<tables::Invitation>> invitation_of(const Services& s,
                                                        const NewAccount& account,
                                                        const Origin& origin) {
  if (!account.invitation) return std::optional<tables::Invitation>{};
  tables::Invitation row = TRY(look_at_invitation(s, *account.invitation, origin));
  const bool is_for_another = !row.email.empty() && !account.email.empty() &&
                              tables::fold(account.email) != tables::fold(row.email);
  if (is_for_another) {
    return Error{ErrorCode::invalid, "The invitation is for another address.", "email"};
  }
  return std::optional(std::move(row));
}

Result<std::vector<std::string>> use_invitation(store::WriteTxn& tx, std::string_view id,
                                                Time now) {
  auto row = find_good_invitation(tx, id, now);
  if (!row) return wrong_link_or_code();
  std::vector<std::string> roles;
  for (const std::string& role : row->roles) {
    if (tables::find_role_by_name(tx, role)) roles.push_back(role);
  }
  row->used += 1;
  tables::invitations.put(tx, *row);
  return roles;
}

}  // namespace authd::auth
