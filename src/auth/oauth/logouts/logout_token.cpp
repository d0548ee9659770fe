#include "auth/oauth/logouts/logout_token.h"

#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "auth/oauth/tokens/id_token.h"
#include "auth/sessions/jwt_signing.h"
#include "base/json_writer.h"

namespace authd::auth {

Result<std::string> make_logout_token(const Services& s, const tables::Client& client,
                                      const tables::LogoutDelivery& delivery, Time now) {
  const std::string subject = TRY(subject_for(s, client, delivery.subject));
  JsonWriter json;
  json.begin_object()
      .field("iss", s.config.tokens.issuer)
      .field("sub", subject)
      .field("aud", client.id)
      .field("iat", unix_seconds(now))
      .field("exp", unix_seconds(now + kLogoutTokenLife))
      .field("jti", logout_text(delivery.id))
      .key("events")
      .begin_object()
      .key("http://schemas.openid.net/event/backchannel-logout")
      .begin_object()
      .end_object()
      .end_object()
      .field("sid", delivery.sid)
      .end_object();
  return sign_jwt(s, id_token_algorithm(client), kLogoutTokenType, json.take());
}

}  // namespace authd::auth
