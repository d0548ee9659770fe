// The short texts by which clients name a place, a row or a moment, in addresses and bodies: any
// text is either none, or one that the server could have made and that means the same again.
#include "auth/accounts/people/all_api_keys.h"
#include "auth/accounts/people/bulk.h"
#include "auth/accounts/people/people_order.h"
#include "auth/core/audit/audit_follow.h"
#include "auth/oauth/clients/client_templates.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/sessions/known_devices.h"
#include "auth/sessions/sessions.h"
#include "auth/webhooks/webhook_queue.h"
#include "auth/webhooks/webhooks.h"
#include "base/time.h"
#include "config/languages.h"
#include "config/reading/store_url.h"
#include "config/reading/values.h"
#include "tables/sessions.h"
#include "target.h"

namespace authd::fuzz {
namespace {

void places(std::string_view text) {
  if (const auto place = auth::parse_audit_place(text, "after")) {
    const auto again = auth::parse_audit_place(auth::text_of_place(*place), "after");
    CHECK(again && again->chains == place->chains && again->newest == place->newest);
  }
  using enum auth::PeopleOrder;
  for (const auth::PeopleOrder order : {id, name, created, activity}) {
    for (const bool is_descending : {false, true}) {
      const auto place = auth::parse_cursor(text, order, is_descending);
      if (!place) continue;
      CHECK(auth::parse_cursor(auth::cursor_of(*place, order, is_descending), order,
                               is_descending) == place);
    }
  }
}

void rows(std::string_view text) {
  if (const auto id = auth::parse_session_id(text)) CHECK(auth::session_text(*id) == text);
  if (const auto id = auth::parse_grant_id(text)) CHECK(auth::grant_text(*id) == text);
  if (const auto id = auth::parse_device_id(text)) CHECK(auth::device_text(*id) == text);
  if (const auto id = auth::parse_webhook_id(text)) CHECK(auth::webhook_text(*id) == text);
  if (const auto id = auth::parse_delivery_id(text)) CHECK(!id->empty());
}

void words(std::string_view text) {
  static_cast<void>(auth::parse_bulk_action(text));
  static_cast<void>(auth::parse_delivery_state(text));
  static_cast<void>(tables::parse_session_kind(text));
  static_cast<void>(auth::parse_app_url(text));
  if (const auto locale = config::parse_locale(text))
    CHECK(config::parse_locale(*locale).value() == *locale);
  if (const auto main = config::parse_main_server(text)) CHECK(*main == text);
  if (const auto rp_id = config::parse_rp_id(text))
    CHECK(config::parse_rp_id(*rp_id).value() == *rp_id);
  if (const auto time = parse_rfc3339(text))
    CHECK(parse_rfc3339(format_rfc3339_exact(*time)) == time);
}

}  // namespace

void run(std::string_view input) {
  places(input);
  rows(input);
  words(input);
  Dice dice(input);
  const std::string_view search = dice.line();
  const std::string_view sort = dice.line();
  static_cast<void>(auth::parse_api_key_query(search, sort, dice.rest()));
}

}  // namespace authd::fuzz
