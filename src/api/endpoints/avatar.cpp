// Pictures of users: /api/v1/users/me/avatar, /api/v1/users/:id/avatar
#include "api/core/forms.h"
#include "api/core/pictures.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/profile/avatars.h"

namespace authd::api {
namespace {

http::Reply avatar_reply(const http::Request& request, tables::Avatar avatar) {
  // Nobody who is logged out may see it from a cache.
  return picture_reply(request, std::move(avatar))
      .with("Cache-Control", "private, no-cache")
      .with("Vary", "Authorization, Cookie");
}

}  // namespace

// PUT users/me/avatar (api/core/pictures.h) → 200 with the user
Result<http::Reply> put_my_avatar(const Context& context, const auth::Person& person) {
  const Picture picture = TRY(picture_in(context));
  const auth::AccountView view =
      TRY(auth::set_avatar(context.auth(), person, picture.file(), context.origin()));
  JsonWriter json;
  write_user(json, view.user, view.roles);
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> get_my_avatar(const Context& context, const auth::Person& person) {
  return avatar_reply(context.request, TRY(auth::find_avatar(context.auth(), person.user().id)));
}

// For everyone with an account here.
Result<http::Reply> get_avatar(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  return avatar_reply(context.request, TRY(auth::find_avatar(context.auth(), id)));
}

Result<http::Reply> delete_my_avatar(const Context& context, const auth::Person& person) {
  TRY(auth::remove_avatar(context.auth(), person.user().id, context.origin(), &person));
  return http::Reply::no_content();
}

// DELETE admin/users/:id/avatar → 204, even if there is none
Result<http::Reply> remove_user_avatar(const Context& context) {
  TRY(auth::remove_avatar(context.auth(), TRY(user_in_path(context)), context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api
