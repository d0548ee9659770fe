// Pictures of users: /api/v1/users/me/avatar, /api/v1/users/:id/avatar
#include "api/core/accepted.h"
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/avatars.h"
#include "http/wire/body.h"
#include "http/wire/head.h"
#include "http/wire/multipart.h"

namespace authd::api {
namespace {

bool has_type(const http::Request& request, std::string_view prefix) {
  const std::string_view type = request.header("content-type").value_or("");
  return http::equal_names(type.substr(0, prefix.size()), prefix);
}

// If-None-Match contains the version (RFC 9110 section 13.1.2); a proxy may have made it weak.
bool is_known(const http::Request& request, const std::string& etag) {
  std::string_view rest = request.header("if-none-match").value_or("");
  if (rest == "*") return true;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    while (one.starts_with(' '))
      one.remove_prefix(1);
    while (one.ends_with(' '))
      one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag) return true;
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  return false;
}

http::Reply avatar_reply(const http::Request& request, tables::Avatar avatar) {
  const std::string etag = '"' + avatar.version + '"';
  http::Reply reply;
  if (is_known(request, etag)) {
    reply.status = 304;
  } else {
    reply.content_type = "image/jpeg";
    reply.body = std::move(avatar.jpeg);
  }
  // Nobody who is logged out may see it from a cache.
  reply.with("Cache-Control", "private, no-cache").with("Vary", "Authorization, Cookie");
  return std::move(reply).with("ETag", etag);
}

}  // namespace

// PUT users/me/avatar: multipart/form-data with one file, image/* with the file as the body, or
// {"image": "<base64>"} → 200 with the user. The type that the client declares is ignored.
Result<http::Reply> put_my_avatar(const Context& context, const auth::Person& person) {
  const http::Request& request = context.request;
  std::string decoded;
  std::string_view file = request.body;
  if (http::is_multipart(request)) {
    file = TRY(http::multipart_file(request));
  } else if (!has_type(request, "image/")) {
    if (!has_type(request, "application/json")) {
      return Error{ErrorCode::unsupported,
                   "Send the image as multipart/form-data, as the body (Content-Type: image/…), or "
                   "as JSON {\"image\": \"<base64>\"}."};
    }
    http::FormWithFile form = TRY(http::json_body_with_file(request, "image"));
    if (context.accepted != nullptr) TRY(check_members(*context.accepted, form.form));
    if (!form.file) return Error{ErrorCode::invalid, "The field is missing.", "image"};
    decoded = std::move(*form.file);
    file = decoded;
  }
  const auth::AccountView view =
      TRY(auth::set_avatar(context.auth(), person, file, context.origin()));
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
