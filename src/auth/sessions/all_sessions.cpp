#include "auth/sessions/all_sessions.h"

#include "tables/users.h"

namespace authd::auth {
namespace {

bool is_wanted(const SessionFilter& filter, const tables::Session& session) {
  if (filter.kind && session.kind != *filter.kind) return false;
  if (session.rotated_at < filter.used_since) return false;
  if (!filter.network) return true;
  const std::optional<IpAddress> address = IpAddress::parse(session.address);
  return address && filter.network->contains(*address);
}

}  // namespace

Result<SessionPage> list_all_sessions(const Services& s, const SessionFilter& filter, Time now) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<SessionPage> {
    SessionPage page;
    const std::string first = filter.after.empty() ? "" : filter.after + '\0';
    tables::sessions.scan(tx, first, "", [&](std::string_view, tables::Session session) {
      if (!is_wanted(filter, session)) return true;
      std::optional<tables::User> user = tables::find_user(tx, session.user);
      if (!user || !is_alive(session, *user, now)) return true;
      if (page.sessions.size() == filter.limit) {
        page.next = page.sessions.back().session.id;
        return false;
      }
      page.sessions.push_back({std::move(session), std::move(*user)});
      return true;
    });
    return page;
  });
}

}  // namespace authd::auth
