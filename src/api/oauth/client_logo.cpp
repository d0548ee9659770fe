// The logo of an application, for the pages of a sign-in: everybody sees it before they sign in.
#include "api/core/pictures.h"
#include "api/oauth/endpoints.h"
#include "auth/oauth/clients/client_logos.h"

namespace authd::api::oauth {

// GET oauth2/clients/:id/logo?v=: the address that names this version keeps its picture for ever.
Reply show_client_logo(const Context& context) {
  const http::Request& request = context.request;
  tables::Avatar logo = TRY(auth::find_client_logo(context.auth(), request.param("id")));
  const bool is_named = request.query("v").value_or("") == logo.version;
  return picture_reply(request, std::move(logo))
      .with("Cache-Control", is_named ? "public, max-age=31536000, immutable" : "no-cache");
}

}  // namespace authd::api::oauth
