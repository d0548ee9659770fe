#include "api/endpoints/pages/device_forms.h"

#include <algorithm>

#include "api/core/browser_session.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/pages/plain_parts.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/user_code.h"
#include "auth/oauth/requests/device_answer.h"
#include "auth/sessions/session_cookie.h"
#include "base/encoding.h"
#include "http/app/error_reply.h"

namespace authd::api {
namespace {

using web::PlainPage;

// The page with the code filled in, where a person goes on after signing in.
std::string address_with(std::string_view typed) {
  return typed.empty() ? "/device" : "/device?user_code=" + percent_encode(typed);
}

std::string sign_in_address(std::string_view typed) {
  return "/signin?return_to=" + percent_encode(address_with(typed));
}

PlainPage sign_in_first(std::string_view typed) {
  PlainPage page;
  page.title = {"device.title"};
  page.paragraphs = {{"plain.device_sign_in"}};
  page.links = {{"signin.submit", sign_in_address(typed)}};
  return page;
}

PlainPage::Form form_of(const auth::Services& s, const auth::Person& person) {
  PlainPage::Form form;
  form.address = "/device";
  form.hidden = {{"csrf_token", auth::csrf_token(s, person.session())}};
  return form;
}

PlainPage code_page(const auth::Services& s, const auth::Person& person, std::string typed) {
  PlainPage page;
  page.title = {"device.title"};
  page.paragraphs = {{"device.text"}};
  PlainPage::Form form = form_of(s, person);
  form.fields = {{"user_code", "device.code", "text", "off", std::move(typed)}};
  page.form = std::move(form);
  return page;
}

PlainPage question(const auth::Services& s, const auth::Person& person,
                   const auth::WaitingDevice& device) {
  const tables::Client& client = device.request.client;
  const std::string code = auth::shown_user_code(device.row.user_code);
  const auto minutes =
      std::chrono::floor<std::chrono::minutes>(s.clock.now() - device.row.created_at).count();
  PlainPage page;
  page.title = {"device.asks", {{"name", client.name}}};
  page.picture = auth::logo_path(client);
  page.message.text = client.description;
  const web::Text own_device = {"device.warning", {{"service", s.config.branding.name}}};
  const bool is_stranger = auth::is_strangers(client);
  page.warning = is_stranger ? web::Text{"device.stranger", {{"name", client.name}}} : own_device;
  page.paragraphs = {{"device.compare", {{"code", code}}},
                     {"device.from",
                      {{"address", device.row.address},
                       {"minutes", std::to_string(std::max<int64_t>(minutes, 0))}}},
                     {"consent.gets"}};
  if (is_stranger) page.paragraphs.insert(page.paragraphs.begin(), own_device);
  page.items = asked_for(s, device.request);
  PlainPage::Form form = form_of(s, person);
  form.hidden.emplace_back("user_code", code);
  form.buttons = {{"device.allow", "decision", "allow"}, {"device.deny", "decision", "deny"}};
  page.form = std::move(form);
  return page;
}

PlainPage done(bool is_allowed) {
  PlainPage page;
  page.title = {is_allowed ? "device.allowed" : "device.denied"};
  page.paragraphs = {{is_allowed ? "device.allowed_text" : "device.denied_text"}};
  page.links = {{"plain.account", std::string(kStartPage)}};
  return page;
}

// What the person has to do before, or cannot do at all.
http::Reply held_up(const Context& context, const std::string& typed, const Error& error) {
  const std::string again = sign_in_address(typed) + "&again=1";
  if (error.name == "login_required") return see_other(context, again);
  PlainPage page;
  page.title = {"plain.refused"};
  page.status = http::status_of(error.code);
  page.message = web::said(error);
  if (error.name == "factor_missing" || error.name == "passkey_missing") {
    const bool is_passkey = error.name == "passkey_missing";
    page.links = {{is_passkey ? "plain.add_passkey" : "plain.add_factor", "/account/security"},
                  {"plain.go_on", address_with(typed)}};
  } else {
    page.links = {{"plain.other_account", again}, {"plain.account", std::string(kStartPage)}};
  }
  http::Reply reply = show_plain(context, page);
  reply.refusal = error.name;
  return reply;
}

Result<http::Reply> answer(const Context& context) {
  const auth::Services& s = context.auth();
  const PlainForm form = TRY(read_plain_form(context));
  const auth::Person person = TRY(sender_of(context, form));
  std::string typed = form.value("user_code");
  if (typed.size() > auth::kMaxTypedCode) typed.clear();
  const Result<auth::WaitingDevice> device = auth::find_device(s, person, typed, context.origin());
  if (!device) {
    return shown_again(context, code_page(s, person, typed), device.error());
  }
  const std::string decision = form.value("decision");
  if (decision != "deny") {
    const Result<void> may = auth::check_may_allow(s, *device, person, context.request.client);
    if (!may) return held_up(context, typed, may.error());
  }
  if (decision != "allow" && decision != "deny") {
    return show_plain(context, question(s, person, *device));
  }
  const bool is_allowed = decision == "allow";
  TRY(auth::answer_device(s, *device, person,
                          is_allowed ? auth::Answer::allowed : auth::Answer::denied,
                          context.origin()));
  return show_plain(context, done(is_allowed));
}

}  // namespace

std::optional<PlainPage> device_form(const Api& api, const http::Request& request) {
  if (!api.auth.config.provider.enabled) return std::nullopt;
  std::string typed(request.query("user_code").value_or(""));
  if (typed.size() > auth::kMaxTypedCode) typed.clear();
  const auto person = cookie_caller(api, request, false);
  if (!person || !*person) return sign_in_first(typed);
  return code_page(api.auth, **person, std::move(typed));
}

// POST /device {user_code, decision?, csrf_token} → the question; then the end
Result<http::Reply> device_by_form(const Context& context) {
  Result<http::Reply> reply = answer(context);
  return reply ? std::move(*reply) : refused_plainly(context, reply.error());
}

}  // namespace authd::api
