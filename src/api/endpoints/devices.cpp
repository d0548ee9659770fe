// The devices that an account knows, and trusts: /api/v1/users/me/devices, and for administrators
// those of others (auth/sessions/known_devices.h).
#include "auth/sessions/known_devices.h"

#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"

namespace authd::api {
namespace {

Result<std::string> device_in_path(const Context& context) {
  const auto id = auth::parse_device_id(context.request.param("device"));
  if (!id) return Error{ErrorCode::not_found, "There is no such device."};
  return *id;
}

Result<http::Reply> devices_reply(const Context& context, UserId user) {
  const auth::Services& s = context.auth();
  const Time now = s.clock.now();
  const std::vector<tables::Device> devices = TRY(auth::list_devices(s, user, now));
  const std::string current = auth::device_of_request(s, user, context.origin(), now);
  JsonWriter json;
  write_list(json, "devices", devices, [&](JsonWriter& to, const tables::Device& device) {
    write_device(to, device, device.id == current);
  });
  return http::Reply::json(200, std::move(json));
}

}  // namespace

// GET users/me/devices → 200 {"devices": […]}
Result<http::Reply> list_my_devices(const Context& context, const auth::Person& person) {
  return devices_reply(context, person.user().id);
}

// DELETE users/me/devices/:device → 204
Result<http::Reply> forget_my_device(const Context& context, const auth::Person& person) {
  TRY(auth::forget_device(context.auth(), person.user().id, TRY(device_in_path(context)),
                          context.origin()));
  return http::Reply::no_content();
}

// DELETE users/me/devices → 204
Result<http::Reply> forget_my_devices(const Context& context, const auth::Person& person) {
  TRY(auth::forget_devices(context.auth(), person.user().id, context.origin()));
  return http::Reply::no_content();
}

// GET admin/users/:id/devices → 200
Result<http::Reply> list_user_devices(const Context& context) {
  return devices_reply(context, TRY(user_in_path(context)));
}

// DELETE admin/users/:id/devices/:device → 204
Result<http::Reply> forget_user_device(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::forget_device(context.auth(), id, TRY(device_in_path(context)), context.origin()));
  return http::Reply::no_content();
}

// DELETE admin/users/:id/devices → 204
Result<http::Reply> forget_user_devices(const Context& context) {
  TRY(auth::forget_devices(context.auth(), TRY(user_in_path(context)), context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api
