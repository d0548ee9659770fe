#include "auth/notices.h"

#include "auth/proofs.h"
#include "tables/sessions.h"

namespace authd::auth {

void end_other_sessions(store::WriteTxn& tx, tables::User& user, std::string_view keep_session) {
  std::optional<tables::Session> kept = tables::find_session(tx, keep_session);
  const bool keeps = kept && kept->user == user.id && kept->epoch == user.session_epoch;
  user.session_epoch += 1;
  if (!keeps) return;
  kept->epoch = user.session_epoch;
  tables::update_session(tx, *kept);
}

std::string where_from(const Origin& origin) {
  return origin.address == IpAddress{} ? "" : origin.address.to_string();
}

std::optional<tables::Mail> make_notice(const Services& s, tables::MailKind kind,
                                        const tables::User& user, std::string_view detail,
                                        Time now) {
  if (user.email.empty()) return std::nullopt;
  return make_mail(s, kind, user, user.email, "", detail, now);
}

}  // namespace authd::auth
