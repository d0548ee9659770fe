// Ready-made applications, as data: what a client of each needs, and the settings that the
// application needs in return, to paste. templates/ has a file for each;
// api/core/client_templates.h has all of them.
//
// Places in braces are filled in: {url} and {origin} in the members of the client, and in the
// settings also the values of this server and of the client. Double braces are kept as they are,
// because some applications have templates of their own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/oauth/clients/client_admin.h"

namespace authd::auth {

// Settings of an application for one of its files or pages.
struct AppSettings {
  std::string title;
  std::string format;  // one of kSettingsFormats
  std::string text;
};

// "steps" is for people to follow, the others are pasted.
inline constexpr std::array<std::string_view, 10> kSettingsFormats = {
    "env", "html", "ini", "json", "php", "ruby", "sh", "steps", "toml", "yaml"};

struct ClientTemplate {
  std::string id;       // the name of its file
  std::string name;     // of the application, for people
  std::string home;     // its home page; empty for a kind of application
  std::string checked;  // the version, and what was read about it; "in part": not every line was
                        // found there
  std::string url;      // an example of its address; empty: it has none
  std::vector<ClientChange> members;
  std::vector<AppSettings> settings;
  std::string roles;               // what the application does with groups
  std::vector<std::string> traps;  // what easily goes wrong, in whole sentences
};

// Reads a file of templates/. Error: `invalid`, for an unknown or missing member, and for a place
// that cannot be filled in.
Result<ClientTemplate> parse_template(std::string_view id, std::string_view text);

// Error: `invalid`, "template", with the nearest name.
Result<const ClientTemplate*> find_template(std::span<const ClientTemplate> all,
                                            std::string_view id);

// The address of an application, without slashes at the end. Error: `invalid`, "url", for one to
// which nobody may be sent back (redirect_uri.h), or with a query.
Result<std::string> parse_app_url(std::string_view url);

// Puts the members of the template before those of `wanted`, which win, and its name if there is
// none. `url` is empty if the template takes no address. Error: `invalid`, "url".
Result<void> apply_template(NewClient& wanted, const ClientTemplate& from, std::string_view url);

// The settings for a client that was made with the template and this address.
std::vector<AppSettings> settings_for(const config::Config& config, const ClientTemplate& from,
                                      std::string_view url, const MadeClient& made);

}  // namespace authd::auth
