#include "auth/oauth/clients/claims.h"

#include <catch2/catch.hpp>

#include "auth/oauth/protocol/asked_claims.h"
#include "base/json.h"

namespace authd::auth {
namespace {

struct Person {
  Person() {
    user.username = "ann";
    user.email = "ann@example.org";
    user.email_verified = true;
    user.first_name = "Ann";
    user.last_name = "Example";
    user.phone_number = "+4930123456";
  }
  std::string claims(std::vector<std::string> scopes, std::vector<std::string> asked = {},
                     const std::vector<std::string>& granted = {}, size_t max_groups = 1000) const {
    JsonWriter json;
    json.begin_object();
    write_claims(json, {user, roles, client, realm, attributes},
                 {std::move(scopes), std::move(asked), granted, max_groups});
    json.end_object();
    return json.take();
  }
  tables::User user;
  tables::Client client;
  std::vector<std::string> roles = {"user", "photo-admin", "photo-viewer"};
  config::Realm realm;
  AttributeValues attributes;
};

config::Attribute attribute(const std::string& name, config::AttributeType type,
                            const std::string& claim, const std::string& scope) {
  config::Attribute made;
  made.name = name;
  made.type = type;
  made.claim = claim;
  made.scope = scope;
  return made;
}

TEST_CASE("a scope shows its claims and no others") {
  const Person ann;
  CHECK(ann.claims({"openid"}) == "{}");
  CHECK(ann.claims({"email"}) == R"({"email":"ann@example.org","email_verified":true})");
  CHECK(ann.claims({"phone"}) == R"({"phone_number":"+4930123456","phone_number_verified":false})");
  CHECK(ann.claims({"profile"}) ==
        R"({"name":"Ann Example","given_name":"Ann","family_name":"Example",)"
        R"("preferred_username":"ann","updated_at":0})");
  CHECK(ann.claims({"address"}) == "{}");
}

TEST_CASE("the language of an account is a claim of its profile, if it is known") {
  Person ann;
  CHECK(ann.claims({"profile"}).find("locale") == std::string::npos);
  ann.user.locale = "pt-BR";
  CHECK(ann.claims({"profile"}).find(R"("locale":"pt-BR")") != std::string::npos);
  CHECK(ann.claims({"email"}).find("locale") == std::string::npos);
}

TEST_CASE("an address counts as verified only if its owner proved it") {
  Person ann;
  ann.user.mailbox_alone = true;
  CHECK(ann.claims({"email"}) == R"({"email":"ann@example.org","email_verified":false})");
  ann.user.email.clear();
  CHECK(ann.claims({"email"}) == "{}");
}

TEST_CASE("a single claim needs the consent to its scope") {
  const Person ann;
  CHECK(ann.claims({"openid"}, {"email"}, {"email"}) == R"({"email":"ann@example.org"})");
  CHECK(ann.claims({"openid"}, {"email"}, {"openid"}) == "{}");
  CHECK(scopes_of_claims(ann.realm, {"email", "email_verified", "name", "no_such"}) ==
        std::vector<std::string>{"profile", "email"});
}

TEST_CASE("an attribute is a claim of its scope, as JSON of its type") {
  using config::AttributeType;
  Person ann;
  ann.realm.attributes = {attribute("department", AttributeType::text, "dept", "profile"),
                          attribute("number", AttributeType::number, "number", "employment"),
                          attribute("remote", AttributeType::boolean, "remote", "employment"),
                          attribute("teams", AttributeType::texts, "teams", "employment"),
                          attribute("note", AttributeType::text, "", "employment"),
                          attribute("none", AttributeType::text, "none", "employment")};
  ann.attributes = {{"department", "\"R\" & D"},
                    {"number", int64_t{-7}},
                    {"remote", false},
                    {"teams", std::vector<std::string>{"red", "blue"}},
                    {"note", "hush"}};
  CHECK(ann.claims({"employment"}) == R"({"number":-7,"remote":false,"teams":["red","blue"]})");
  CHECK(ann.claims({"profile"}).ends_with(R"("updated_at":0,"dept":"\"R\" & D"})"));
  CHECK(ann.claims({"openid"}) == "{}");
  CHECK(ann.claims({"openid"}, {"teams", "note"}, {"employment"}) == R"({"teams":["red","blue"]})");
  CHECK(ann.claims({"openid"}, {"teams"}, {"profile"}) == "{}");
  CHECK(scopes_of_claims(ann.realm, {"teams", "dept", "note"}) ==
        std::vector<std::string>{"profile", "employment"});
  CHECK(supported_scopes(ann.realm).back() == "employment");
  CHECK(is_supported_scope(ann.realm, "employment"));
  CHECK_FALSE(is_supported_scope(config::Realm(), "employment"));
  CHECK(all_claims(ann.realm).size() == all_claims(config::Realm()).size() + 5);
  CHECK(attributes_with(ann.realm, {"profile"}).size() == 1);
}

TEST_CASE("a client sees only its groups, under its names") {
  Person ann;
  CHECK(ann.claims({"groups"}, {}, {}, 1) == R"({"groups":["user"],"roles":["user"]})");
  ann.client.groups = {"photo-*"};
  ann.client.group_names = {"photo-admin=Admin"};
  CHECK(groups_for(ann.client, ann.roles) == std::vector<std::string>{"Admin", "photo-viewer"});
  ann.client.group_separator = ",";
  CHECK(ann.claims({"groups"}) ==
        R"({"groups":"Admin,photo-viewer","roles":"Admin,photo-viewer"})");
}

TEST_CASE("the claims parameter is read as OpenID Connect Core section 5.5 has it") {
  const auto asked = parse_asked_claims(
      R"({"userinfo":{"name":{"essential":true},"email":null},)"
      R"("id_token":{"acr":{"essential":true,"values":["mfa"]},"sub":{"value":"s1"}}})");
  REQUIRE(asked);
  CHECK(asked->userinfo == std::vector<std::string>{"name", "email"});
  CHECK(asked->id_token == std::vector<std::string>{"acr", "sub"});
  CHECK(asked->acrs == std::vector<std::string>{"mfa"});
  CHECK(asked->is_acr_essential);
  CHECK(asked->subject == "s1");
  CHECK(parse_asked_claims("")->userinfo.empty());
  CHECK(parse_asked_claims(R"({"userinfo":null})"));
  for (const char* text : {"x", "[]", R"({"userinfo":[]})", R"({"userinfo":{"name":1}})",
                           R"({"id_token":{"acr":{"essential":1}}})"}) {
    CAPTURE(text);
    const auto refused = parse_asked_claims(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().name == "invalid_request");
  }
}

}  // namespace
}  // namespace authd::auth
