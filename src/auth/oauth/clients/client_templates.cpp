#include "auth/oauth/clients/client_templates.h"

#include <algorithm>
#include <array>

#include "auth/accounts/names/providers.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/protocol/words.h"
#include "base/check.h"
#include "base/json.h"
#include "base/nearest.h"
#include "base/text.h"

namespace authd::auth {
namespace {

constexpr std::string_view kUrl = "url";
constexpr std::string_view kOrigin = "origin";
constexpr std::string_view kSecretPlace = "client_secret";

struct Place {
  std::string_view name;
  std::string text;
};
using Places = std::vector<Place>;

Error wrong(std::string_view field, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field)};
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

// The name of the place at the beginning of the text, which is a brace; empty if none is there.
std::string_view place_at(std::string_view text) {
  const auto* end = std::find_if_not(text.begin() + 1, text.end(), &is_letter);
  if (end == text.end() || *end != '}') return "";
  return {text.begin() + 1, end};
}

Result<std::string> filled(std::string_view text, const Places& places) {
  std::string out;
  while (!text.empty()) {
    const size_t brace = std::min(text.find('{'), text.size());
    out += text.substr(0, brace);
    text.remove_prefix(brace);
    const std::string_view name = text.empty() ? "" : place_at(text);
    if (name.empty()) {
      const size_t kept = std::min<size_t>(text.starts_with("{{") ? 2 : 1, text.size());
      out += text.substr(0, kept);
      text.remove_prefix(kept);
      continue;
    }
    const auto found = std::find_if(places.begin(), places.end(),
                                    [&](const Place& place) { return place.name == name; });
    if (found == places.end())
      return wrong("", "there is no placeholder {" + std::string(name) + "}");
    out += found->text;
    text.remove_prefix(name.size() + 2);
  }
  return out;
}

Places places_of(std::string_view url) {
  if (url.empty()) return {};
  return {{kUrl, std::string(url)}, {kOrigin, redirect_origin(url)}};
}

Places places_of(const config::Config& config, std::string_view url, const MadeClient& made) {
  const std::string& here = config.public_url;
  Places places = places_of(url);
  places.insert(places.end(), {
                                  {"provider", config.branding.name},
                                  {"issuer", config.tokens.issuer},
                                  {"discovery_url", discovery_url(config.tokens.issuer)},
                                  {"authorize_url", here + "/oauth2/authorize"},
                                  {"token_url", here + "/oauth2/token"},
                                  {"userinfo_url", here + "/oauth2/userinfo"},
                                  {"jwks_url", here + "/.well-known/jwks.json"},
                                  {"logout_url", here + "/oauth2/logout"},
                                  {"device_url", here + "/device"},
                                  {"client_id", made.client.id},
                                  {kSecretPlace, std::string(made.secret.reveal())},
                              });
  return places;
}

Result<ClientChange> filled(ClientChange change, const Places& places) {
  if (auto* text = std::get_if<std::string>(&change.value)) {
    *text = TRY(filled(*text, places));
  } else if (auto* list = std::get_if<std::vector<std::string>>(&change.value)) {
    for (std::string& one : *list)
      one = TRY(filled(one, places));
  }
  return change;
}

bool is_public(const ClientTemplate& from) {
  return std::any_of(from.members.begin(), from.members.end(), [](const ClientChange& change) {
    return change.name == "public" && change.value == MemberValue(true);
  });
}

// Lines, so that a file can be read.
Result<AppSettings> parse_settings(const JsonObject& json) {
  constexpr std::array<std::string_view, 3> kKnown = {"title", "format", "text"};
  for (const std::string& name : json.keys()) {
    if (!contains(kKnown, name)) return wrong("settings", "there is no member " + name);
  }
  AppSettings settings;
  settings.title = TRY(json.string("title"));
  settings.format = TRY(json.string("format"));
  if (!contains(kSettingsFormats, settings.format)) {
    return wrong("format", settings.format + " is not one of " + joined(kSettingsFormats, ", "));
  }
  const auto lines = TRY(json.optional_strings("text"));
  settings.text = joined(lines.value_or(std::vector<std::string>{}), "\n");
  if (settings.title.empty() || settings.text.empty()) return wrong("settings", "this is empty");
  return settings;
}

// Whether every place can be filled in, whatever the address and the client.
Result<void> check_places(const ClientTemplate& from) {
  const std::string_view url = from.url;
  for (const ClientChange& change : from.members)
    TRY(filled(change, places_of(url)));
  Places places = places_of(config::Config{}, url, MadeClient{});
  if (is_public(from)) {
    std::erase_if(places, [](const Place& place) { return place.name == kSecretPlace; });
  }
  for (const AppSettings& settings : from.settings)
    TRY(filled(settings.text, places));
  return {};
}

}  // namespace

Result<ClientTemplate> parse_template(std::string_view id, std::string_view text) {
  constexpr std::array<std::string_view, 8> kKnown = {"name",   "home",     "checked", "url",
                                                      "client", "settings", "roles",   "traps"};
  const JsonObject json = TRY(JsonObject::parse(text));
  for (const std::string& name : json.keys()) {
    if (!contains(kKnown, name)) return wrong(name, "there is no such member");
  }
  ClientTemplate made;
  made.id = id;
  made.name = TRY(json.string("name"));
  made.home = TRY(json.string("home"));
  made.checked = TRY(json.string("checked"));
  made.url = TRY(json.string("url"));
  made.members = TRY(changes_from_json(TRY(json.object("client")), {}));
  const auto settings = TRY(json.optional_objects("settings"));
  if (!settings || settings->empty()) return wrong("settings", "there are no settings");
  for (const JsonObject& one : *settings)
    made.settings.push_back(TRY(parse_settings(one)));
  made.roles = TRY(json.string("roles"));
  made.traps = TRY(json.optional_strings("traps")).value_or(std::vector<std::string>{});
  TRY(check_places(made));
  return made;
}

Result<const ClientTemplate*> find_template(std::span<const ClientTemplate> all,
                                            std::string_view id) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const ClientTemplate& one) { return one.id == id; });
  if (found != all.end()) return &*found;
  const std::string near = nearest_of(id, all, &ClientTemplate::id);
  std::string message = "There is no template \"" + std::string(id.substr(0, 100)) + "\"";
  message += near.empty() ? "." : did_you_mean(near);
  return wrong("template", std::move(message));
}

Result<std::string> parse_app_url(std::string_view url) {
  while (url.ends_with('/'))
    url.remove_suffix(1);
  const bool is_web = url.starts_with("https://") || url.starts_with("http://");
  if (is_web && url.find('?') == std::string_view::npos && check_redirect_uri(url, kUrl)) {
    return std::string(url);
  }
  return wrong(kUrl,
               "This must be the address of the application, such as https://app.example.org. http "
               "is for 127.0.0.1, [::1] and localhost.");
}

Result<void> apply_template(NewClient& wanted, const ClientTemplate& from, std::string_view url) {
  if (from.url.empty() && !url.empty()) {
    return wrong(kUrl, from.name + " has no address; leave it out.");
  }
  if (!from.url.empty() && url.empty()) {
    return wrong(kUrl, "The address of the application is needed, such as " + from.url + ".");
  }
  const Places places = places_of(url.empty() ? "" : TRY(parse_app_url(url)));
  std::vector<ClientChange> members = {{"name", from.name}};
  for (const ClientChange& change : from.members)
    members.push_back(TRY(filled(change, places)));
  wanted.members.insert(wanted.members.begin(), std::make_move_iterator(members.begin()),
                        std::make_move_iterator(members.end()));
  return {};
}

std::vector<AppSettings> settings_for(const config::Config& config, const ClientTemplate& from,
                                      std::string_view url, const MadeClient& made) {
  const Result<std::string> address = parse_app_url(url);
  const Places places = places_of(config, address ? *address : "", made);
  std::vector<AppSettings> all = from.settings;
  for (AppSettings& settings : all) {
    Result<std::string> text = filled(settings.text, places);
    CHECK(text.has_value());  // parse_template() has tried it.
    settings.text = std::move(*text);
  }
  return all;
}

}  // namespace authd::auth
