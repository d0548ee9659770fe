#include "model/step.h"

#include <array>
#include <string_view>

namespace authd::model {
namespace {

constexpr std::array<std::string_view, 68> kNames = {
    "sign_up",
    "log_in",
    "basic_login",
    "answer_challenge",
    "refresh",
    "refresh_forged",
    "log_out",
    "log_out_bearer",
    "log_out_all",
    "list_sessions",
    "end_session",
    "show_me",
    "verify",
    "try_admin",
    "introspect_access",
    "revoke_access",
    "reauthenticate",
    "change_password",
    "begin_totp",
    "confirm_totp",
    "remove_totp",
    "renew_codes",
    "add_key",
    "revoke_key",
    "list_grants",
    "end_grant",
    "list_consents",
    "withdraw_consent",
    "delete_me",
    "introspect_refresh",
    "revoke_refresh",
    "forgot_password",
    "resend_verification",
    "send_link",
    "send_code",
    "reset_password",
    "verify_email",
    "follow_link",
    "use_code",
    "verify_key",
    "show_me_by_key",
    "admin_disable",
    "admin_enable",
    "admin_delete",
    "admin_log_out",
    "admin_reset_factors",
    "admin_unlock",
    "admin_grant",
    "admin_revoke",
    "rotate_keys",
    "sign_in_browser",
    "sign_out_browser",
    "authorize",
    "answer_request",
    "go_on",
    "exchange_code",
    "refresh_grant",
    "introspect_grant",
    "revoke_grant_token",
    "ask_userinfo",
    "add_client",
    "disable_client",
    "enable_client",
    "delete_client",
    "add_secret",
    "revoke_secret",
    "sweep",
    "advance",
};

std::string text_of(const Code& code) {
  switch (code.kind) {
    case Code::Kind::none: return "";
    case Code::Kind::secret: return " secret=#" + std::to_string(code.source);
    case Code::Kind::wrong: return " code=wrong";
    case Code::Kind::totp:
      return " code=totp(#" + std::to_string(code.source) + "," + std::to_string(code.variant) +
             ")";
    case Code::Kind::recovery:
      return " code=recovery(#" + std::to_string(code.source) + "," + std::to_string(code.variant) +
             ")";
  }
  return "";
}

}  // namespace

std::string_view name_of(Op op) {
  return kNames.at(static_cast<size_t>(op));
}

std::string text_of(const Step& step) {
  std::string text = "#" + std::to_string(step.name) + " " + std::string(name_of(step.op));
  if (step.op == Op::advance) return text + " " + std::to_string(step.seconds) + "s";
  if (step.subject >= 0)
    text += " of #" + std::to_string(step.subject);
  else
    text += " user" + std::to_string(step.user);
  if (step.object >= 0) text += " with #" + std::to_string(step.object);
  text += " password=" + std::to_string(step.password);
  text += " new_password=" + std::to_string(step.new_password) + text_of(step.code);
  if (step.seconds > 0) text += " life=" + std::to_string(step.seconds) + "s";
  return text + " address=" + std::to_string(step.address) + (step.flag ? " flag" : "");
}

std::string text_of(const Answer& answer) {
  std::string text = std::to_string(answer.status);
  if (answer.or_status != 0) text += " or " + std::to_string(answer.or_status);
  if (!answer.error.empty()) text += " " + answer.error;
  for (const std::string& fact : answer.facts)
    text += " " + fact;
  return text;
}

bool fits(const Answer& expected, const Answer& got) {
  if (expected.or_status != 0) {
    return got.status == expected.status || got.status == expected.or_status;
  }
  return expected.status == got.status && expected.error == got.error &&
         expected.facts == got.facts;
}

}  // namespace authd::model
