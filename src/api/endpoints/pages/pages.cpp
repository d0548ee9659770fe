#include "api/endpoints/pages/pages.h"

#include <algorithm>

#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/pages/plain_forms.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/login_methods.h"
#include "auth/core/return_address.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/carried_request.h"
#include "auth/passwords/password_policy.h"
#include "base/file.h"
#include "base/ip_address.h"
#include "base/text.h"
#include "config/reading/values.h"
#include "http/wire/body.h"
#include "web/brand.h"
#include "web/kit.h"

namespace authd::api {
namespace {

using enum http::Method;
using http::Lane;
using http::Limit;

// Browsers write both in one form, configurations do not.
bool is_same_host(std::string_view a, std::string_view b) {
  const std::optional<IpAddress> a_address = IpAddress::parse(a);
  const std::optional<IpAddress> b_address = IpAddress::parse(b);
  if (a_address && b_address) return *a_address == *b_address;
  return lower(a) == lower(b);
}

// The address of the page, if it was requested at another name of the loopback than the one in
// public_url: cookies and passkeys belong to one name. Only at the same port: another port is
// forwarded to this server, and the port of public_url may not lead here.
std::optional<std::string> own_address(const config::Config& config, const http::Request& request) {
  const std::string_view url = config.public_url;
  const std::string_view own = url.substr(url.find("://") + 3);
  if (request.is_from_proxy || !request.target.starts_with('/')) return std::nullopt;
  if (own.find('/') != std::string_view::npos) return std::nullopt;
  const std::string_view own_host = without_port(own);
  const std::string_view host = without_port(request.host);
  if (!is_loopback_host(own_host) || !is_loopback_host(host)) return std::nullopt;
  if (is_same_host(own_host, host)) return std::nullopt;
  if (own.substr(own_host.size()) != request.host.substr(host.size())) return std::nullopt;
  return config.public_url + std::string(request.target);
}

// The client whose authorization request is at this path, as it goes on after a sign-in, or as an
// application wrote it; empty: there is none.
std::string client_at(const auth::Services& s, std::string_view path) {
  const std::string waiting = auth::carried_path("");
  if (path.starts_with(waiting)) {
    const auto carried = auth::read_carried(s, path.substr(waiting.size()), s.clock.now());
    return carried ? carried->parameters["client_id"] : "";
  }
  const std::string written = waiting.substr(0, waiting.size() - 1) + "?";
  if (!path.starts_with(written)) return "";
  const auto parameters = http::parse_pairs(path.substr(written.size()));
  if (!parameters) return "";
  for (const auto& [name, value] : *parameters) {
    if (name == "client_id") return value;
  }
  return "";
}

// What waits at this address for the sign-in: a client, or the host of an application behind a
// proxy. Without a name: nothing that needs one.
web::Site::Visit::Application application_of(const auth::Services& s, std::string_view address) {
  if (address.starts_with(s.config.public_url)) address.remove_prefix(s.config.public_url.size());
  if (!address.starts_with('/')) {
    return {config::host_of(address.substr(0, address.find_first_of("?#"))), ""};
  }
  const std::string id = client_at(s, address);
  if (id.empty()) return {};
  const auto client = s.store.read([&](store::ReadTxn& tx) {
    return Result<std::optional<tables::Client>>(auth::find_client(tx, id));
  });
  if (!client || !*client) return {};
  return {(*client)->name, auth::logo_path(**client)};
}

http::Reply show_page(const Api& api, const http::Request& request) {
  if (const auto address = own_address(api.auth.config, request)) {
    return http::Reply::text(302, "Continue there.\n")
        .with("Location", *address)
        .with("Cache-Control", "no-store");
  }
  web::Site::Visit visit;
  // Links of the same site sign out without a question (src/web/pages/_signin/sign_out.js).
  visit.tells_site = request.path == "/signout";
  // A return address that is not allowed leads to the start page.
  const auto wanted = request.query("return_to").value_or("");
  if (!wanted.empty()) {
    visit.return_to = auth::return_address(api.auth.config, wanted).value_or("");
    visit.application = application_of(api.auth, visit.return_to);
  }
  visit.plain = plain_form(api, request, visit.return_to);
  if (visit.plain && !visit.application.name.empty() && request.path == "/signin") {
    visit.plain->title = {"signin.to_application", {{"application", visit.application.name}}};
    visit.plain->picture = visit.application.logo;
  }
  return api.site.page(request, visit);
}

// The pages of a sign-in may be in a window that an application has opened, and goes on watching.
bool is_of_sign_in(std::string_view path) {
  return path == "/signin" || path == "/signup" || path == "/consent";
}

// What waits for consent is read again, and its keys or its client's document may be elsewhere.
Lane lane_of(std::string_view path) {
  return path == "/consent" ? Lane::write : Lane::fast;
}

void add(std::vector<http::Route>& routes, std::string path,
         std::function<Result<http::Reply>(const http::Request&)> handler) {
  const Lane lane = lane_of(path);
  routes.push_back({get, std::move(path), Limit::files, lane, std::move(handler)});
}

}  // namespace

Result<web::Site> make_site(const config::Config& config, const web::Catalogues& texts,
                            std::vector<auth::ProviderLogo> logos) {
  web::Branding branding{
      config.branding.name, config.branding.accent, "", {}, config.branding.language};
  if (!config.branding.logo.empty()) {
    branding.logo = TRY(read_file(config.branding.logo, web::kMaxLogo));
  }
  for (const std::string& link : config.branding.links) {
    auto [label, address] = config::parts_of_link(link);
    branding.links.push_back({std::move(label), std::move(address)});
  }
  web::Facts facts;
  facts.may_sign_up = config.signup.enabled;
  facts.needs_email = config.signup.require_verified_email;
  facts.min_password_length = auth::min_password_length(config, false);
  facts.min_password_length_with_factor = auth::min_password_length(config, true);
  facts.max_password_length = config.passwords.max_length;
  facts.refuses_known_passwords = config.passwords.blocklist != config::Blocklist::off ||
                                  !config.passwords.blocklist_file.empty() ||
                                  config.passwords.pwned != config::PwnedCheck::off;
  facts.terms_version = config.terms.version;
  facts.terms_url = config.terms.url;
  facts.has_passkeys = auth::why_no_passkeys(config).empty();
  for (const config::LoginMethod method : config.login.methods)
    facts.methods.emplace_back(config::word_of(method));
  const bool has_providers = auth::is_offered(config, config::LoginMethod::providers);
  for (const config::Provider& provider : config.providers)
    if (has_providers) facts.providers.push_back({provider.name, provider.label});
  for (web::Facts::Provider& provider : facts.providers) {
    const auto found = std::find_if(logos.begin(), logos.end(), [&](const auto& logo) {
      return logo.provider == provider.name;
    });
    if (found != logos.end()) provider.logo = std::move(found->jpeg);
  }
  return web::Site::make(std::move(branding), std::move(facts), texts);
}

void add_pages(std::vector<http::Route>& routes, const Api& api) {
  for (const std::string& path : web::page_paths()) {
    add(routes, path,
        [&api,
         is_shared = is_of_sign_in(path)](const http::Request& request) -> Result<http::Reply> {
          http::Reply reply = show_page(api, request);
          return is_shared ? in_watched_window(std::move(reply)) : std::move(reply);
        });
  }
  // Password managers send people here (W3C, "A Well-Known URL for Changing Passwords").
  add(routes, "/.well-known/change-password", [](const http::Request&) {
    return http::Reply::text(302, "Continue there.\n").with("Location", "/account/security");
  });
  add(routes, "/ui/style.css", [&api](const http::Request& r) { return api.site.style(r); });
  add(routes, "/ui/logo", [&api](const http::Request& r) { return api.site.logo(r); });
  add(routes, "/ui/providers/:name/logo",
      [&api](const http::Request& r) { return api.site.provider_logo(r); });
  for (const std::unique_ptr<web::File>& file : api.site.files()) {
    if (file->is_documentation() && !api.auth.config.docs.enabled) continue;
    add(routes, std::string(file->path()),
        [&api, &file = *file](const http::Request& r) { return api.site.file(file, r); });
  }
  for (auto& [path, file] : web::kit_files()) {
    add(routes, path,
        [file = std::make_shared<const web::Document>(std::move(file))](const http::Request& r) {
          return web::serve(*file, r);
        });
  }
}

std::optional<http::Reply> missing_page(const Api& api, const http::Request& request) {
  const bool is_shown = request.method == get || request.method == head;
  if (!is_shown || !accepts_html(request) || request.path.starts_with("/api/")) return std::nullopt;
  return api.site.missing(request);
}

}  // namespace authd::api
