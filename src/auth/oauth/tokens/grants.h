// Grants: one authorization of one client by one person. A grant is alive while its row, its user
// and its client exist and are enabled; it has not expired; nothing has ended the user's sessions
// since; the person may still enter; and the browser session that allowed it is alive, unless the
// grant outlives that (auth/core/grant_session.h). So signing out ends what depends on the session
// with the next request, without a write for each application. Applications with a
// backchannel_logout_uri are told (auth/core/logout_notices.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "tables/schema.h"

namespace authd::auth {

// Open grants of one user. When a further one is opened, the least recently used ones give way;
// those of the same session and client first, which a page that renews its tokens without a refresh
// token piles up.
inline constexpr size_t kMaxGrants = 300;
inline constexpr size_t kMaxGrantsOfSession = 8;  // of one session and client
// Those of one user and client that wait for their code to be exchanged. They push out only one
// another: anybody can lead a browser to an application that skips the consent.
inline constexpr size_t kMaxWaitingGrants = 8;
inline constexpr size_t kMaxGrantEvictions = 4;  // at once

// Whether the client has a refresh token for the grant: tokens are counted from 1.
inline bool has_refresh_token(const tables::Grant& grant) {
  return grant.generation > 0;
}

// nullopt when a row is gone.
std::optional<GrantRows> find_grant_rows(store::Reader& tx, std::string_view id,
                                         Trace* trace = nullptr);

// Whether the grant is alive at `now`, according to these rows.
bool is_alive(const config::Config& config, const GrantRows& rows, Time now,
              Trace* trace = nullptr);

std::optional<GrantRows> find_live_grant(const config::Config& config, store::Reader& tx,
                                         std::string_view id, Time now, Trace* trace = nullptr);

// Whether the person may use the client at all: its roles. `required_acr` and `networks` are asked
// of the login, not here.
bool has_role_for(const tables::Client& client, const std::vector<std::string>& roles);

// The waiting grants that give way to a new one. Read them before the write.
Result<std::vector<tables::Grant>> waiting_to_evict(const Services& s, UserId user,
                                                    std::string_view client, Time now);
// The open grants that give way to this one, which is about to be opened.
Result<std::vector<tables::Grant>> open_to_evict(const Services& s, const tables::Grant& opening,
                                                 Time now);
// Removes those that are still there, and have not been opened since.
void evict_grants(store::WriteTxn& tx, const std::vector<tables::Grant>& evicted);
// The same for open ones, which give way to the one that is being opened. Their clients are told,
// except of what the same client has got again in the same session.
void make_room(store::WriteTxn& tx, const std::vector<tables::Grant>& evicted,
               const tables::Grant& opening, Time now);

// Opens the grant whose code is being exchanged, with a first refresh token if the client gets one.
// Without one, a client that wants to know of sign-outs keeps the grant as long as the browser
// session may last: its tokens end earlier, but its own session does not. `rows` become what is
// written.
void open_grant(const Services& s, store::WriteTxn& tx, GrantRows& rows, const Origin& origin,
                Time now);

// The person's live grants, newest first.
Result<std::vector<GrantRows>> list_grants(const Services& s, UserId user, Time now);

// Ends a grant of the user and forgets the consent to its client, so that the person is asked
// again. Error: `not_found`.
Result<void> end_own_grant(const Services& s, UserId user, std::string_view id,
                           const Origin& origin);

// The same for an administrator. Errors: `not_found`; `forbidden`, "beyond_api_key"
// (auth/core/key_reach.h).
Result<void> end_user_grant(const Services& s, UserId user, std::string_view id,
                            const Origin& origin);

// Forgets what the user allowed the client, and ends all grants of the two. Error: `not_found`.
Result<void> withdraw_consent(const Services& s, UserId user, std::string_view client,
                              const Origin& origin);

// The id as text: the `sid` of its tokens, and its name in lists.
std::string grant_text(std::string_view id);
std::optional<std::string> parse_grant_id(std::string_view text);

}  // namespace authd::auth
