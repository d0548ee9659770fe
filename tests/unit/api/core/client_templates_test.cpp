#include "api/core/client_templates.h"

#include <catch2/catch.hpp>
#include <set>

#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/protocol/words.h"
#include "support/instance.h"

namespace authd::api {
namespace {

struct Provider {
  Provider() {
    t.config.public_url = "https://auth.example.org";
    t.config.tokens.issuer = "https://auth.example.org";
    t.config.branding.name = "Example";
  }

  Result<auth::MadeClient> add(const auth::ClientTemplate& from, const std::string& url,
                               std::vector<auth::ClientChange> more = {}) {
    auth::NewClient wanted;
    wanted.members = std::move(more);
    TRY(auth::apply_template(wanted, from, url));
    return auth::add_client(t.services, wanted, {});
  }

  test::Instance t;
};

const auth::ClientTemplate& named(const char* id) {
  return **auth::find_template(client_templates(), id);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// "{word}" outside of a template of the application itself.
bool has_place(const std::string& text) {
  for (size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + 1);
    const bool is_doubled = at > 0 && text[at - 1] == '{';
    if (end != std::string::npos && end > at + 1 && text[end] == '}' && !is_doubled) return true;
  }
  return false;
}

TEST_CASE("every template registers a client that is in order") {
  Provider p;
  for (const auth::ClientTemplate& one : client_templates()) {
    CAPTURE(one.id);
    const auto made = p.add(one, one.url);
    REQUIRE(made);
    CHECK(made->client.name == one.name);
    CHECK(auth::check_members(made->client));
    CHECK(auth::has_grant_type(made->client, auth::kCodeGrant));
    CHECK(auth::contains(made->client.scopes, auth::kOpenidScope));
    CHECK_FALSE(made->client.redirect_uris.empty());
    for (const std::string& uri : made->client.redirect_uris)
      CHECK(auth::check_redirect_uri(uri, "redirect_uris"));
    CHECK(made->client.is_public == made->secret.empty());
  }
}

TEST_CASE("the settings of every template are filled in") {
  Provider p;
  for (const auth::ClientTemplate& one : client_templates()) {
    const auto made = p.add(one, one.url);
    REQUIRE(made);
    std::string all;
    for (const auth::AppSettings& settings : auth::settings_for(p.t.config, one, one.url, *made)) {
      CAPTURE(one.id, settings.title);
      CHECK_FALSE(has_place(settings.text));
      all += settings.text;
    }
    CAPTURE(one.id);
    CHECK(has(all, made->client.id));
    CHECK(has(all, "https://auth.example.org"));
    if (!made->client.is_public) CHECK(has(all, std::string(made->secret.reveal())));
    CHECK_FALSE(one.roles.empty());
    CHECK_FALSE(one.checked.empty());
  }
}

TEST_CASE("no two templates have the same name, and those that were promised are there") {
  std::set<std::string> names;
  for (const auth::ClientTemplate& one : client_templates())
    CHECK(names.insert(one.name).second);
  CHECK(names.size() >= 27);
  for (const char* id : {"grafana", "gitea", "nextcloud-user-oidc", "immich", "jellyfin", "proxmox",
                         "kubernetes", "spa", "native"}) {
    CHECK(auth::find_template(client_templates(), id));
  }
}

TEST_CASE("what is asked for wins over the template") {
  Provider p;
  const auto made = p.add(named("grafana"), "https://graphs.example.org/",
                          {{"name", std::string("Graphs")}, {"consent", std::string("ask")}});
  REQUIRE(made);
  CHECK(made->client.name == "Graphs");
  CHECK_FALSE(made->client.skips_consent);
  CHECK(made->client.redirect_uris ==
        std::vector<std::string>{"https://graphs.example.org/login/generic_oauth"});
}

TEST_CASE("an address below a path keeps it, and an origin does not") {
  Provider p;
  const auto grafana = p.add(named("grafana"), "https://example.org/grafana//");
  REQUIRE(grafana);
  CHECK(grafana->client.redirect_uris.front() == "https://example.org/grafana/login/generic_oauth");
  const auto proxmox = p.add(named("proxmox"), "https://pve.example.org:8006/ui");
  REQUIRE(proxmox);
  CHECK(proxmox->client.redirect_uris.front() == "https://pve.example.org:8006");
}

TEST_CASE("an address is asked for where there is one, and refused where there is none") {
  Provider p;
  CHECK(p.add(named("grafana"), "").error().field == "url");
  CHECK(p.add(named("native"), "https://app.example.org").error().field == "url");
}

TEST_CASE("a template that there is not is told with the nearest") {
  const auto found = auth::find_template(client_templates(), "grafanna");
  REQUIRE_FALSE(found);
  CHECK(found.error().field == "template");
  CHECK(has(found.error().message, "did you mean grafana"));
}

}  // namespace
}  // namespace authd::api
