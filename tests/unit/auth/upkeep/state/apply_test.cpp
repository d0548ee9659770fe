#include "auth/upkeep/state/apply.h"

#include <algorithm>

#include "auth/accounts/roles/role_grants.h"
#include "auth/oauth/clients/resources.h"
#include "auth/sessions/roles.h"
#include "auth/upkeep/state/state_text.h"
#include "support/audit_log.h"
#include "support/people.h"

namespace authd::auth::state {
namespace {

using Texts = std::vector<std::string>;

const char* const kState = R"(
[roles.editor]
description = "Writes"
permissions = ["articles:write", "articles:read"]

[resources."https://api.example.org"]
name = "Articles"
scopes = ["articles:read"]

[clients.wiki]
name = "Wiki"
redirect_uris = ["https://wiki.example.org/callback"]
roles = ["editor"]
resources = ["https://api.example.org"]
max_age = "1h"

[clients.api]

[users.ann]
email = "ann@example.org"
email_verified = true
first_name = "Ann \"the\" Person"
roles = ["editor"]
disabled = true

[users."ben@example.org"]
last_name = "Ben\u00e9\U0001f600"
)";

struct World {
  Declarations read(const std::string& text) {
    const auto entries = parse_state(text, "state.toml");
    REQUIRE(entries);
    auto declared = declarations_of(*entries, [](const std::string&) { return std::string(); });
    if (!declared) FAIL(declared.error().message);
    return std::move(*declared);
  }
  Result<Plan> plan(const Declarations& declared, bool prunes = false) {
    return make_plan(t.services, declared, prunes);
  }
  std::string problem(const std::string& text, bool prunes = false) {
    const auto made = plan(read(text), prunes);
    return made ? "" : made.error().message;
  }
  // What changed, and the secrets that were made.
  Texts apply(const std::string& text, bool prunes = false) {
    const Declarations declared = read(text);
    const auto made = plan(declared, prunes);
    if (!made) FAIL(made.error().message);
    Texts done;
    const auto applied =
        apply_plan(t.services, declared, *made, {}, [&](const Step& step, std::string_view secret) {
          done.push_back(std::string(word_of(step.kind)) + " " + step.name +
                         (secret.empty() ? "" : " secret"));
        });
    if (!applied) FAIL(applied.error().message);
    return done;
  }
  std::string exported() {
    const auto sections = export_state(t.services, Kinds(kAllKinds.begin(), kAllKinds.end()));
    REQUIRE(sections);
    return toml_of(*sections);
  }
  using Kinds = std::vector<Kind>;
  std::optional<tables::User> user(const char* name) {
    const auto found = t.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::User>> {
      return find_by_login(tx, name);
    });
    REQUIRE(found);
    return *found;
  }

  test::Instance t;
};

TEST_CASE("what is declared is made in one run, and a second run changes nothing") {
  World w;
  CHECK(w.apply(kState) == Texts{"role editor", "resource https://api.example.org",
                                 "client wiki secret", "client api secret", "user ann",
                                 "user ben@example.org"});
  CHECK(w.apply(kState).empty());
  const auto ann = w.user("ann");
  REQUIRE(ann);
  CHECK(ann->email_verified);
  CHECK(ann->disabled);
  CHECK(ann->password_hash.empty());
  const auto view = view_account(w.t.services, ann->id);
  REQUIRE(view);
  CHECK(view->roles == Texts{"user", "editor"});
}

TEST_CASE("an export is applied without a change, and makes the same on an empty database") {
  World first;
  first.apply(kState);
  const std::string text = first.exported();
  CHECK(first.apply(text).empty());
  World second;
  second.apply(text);
  CHECK(second.exported() == text);
  const auto sections = export_state(first.t.services, {Kind::client, Kind::user});
  REQUIRE(sections);
  const auto json = parse_state(json_of(*sections), "state.json");
  REQUIRE(json);
  const auto declared = declarations_of(*json, [](const std::string&) { return std::string(); });
  REQUIRE(declared);
  const auto plan = first.plan(*declared);
  REQUIRE(plan);
  CHECK(!plan->changes_anything());
}

TEST_CASE("a change is told member by member") {
  World w;
  w.apply(kState);
  const Declarations declared =
      w.read("[roles.editor]\npermissions = [\"articles:write\"]\n[users.ann]\nroles = []\n");
  const auto plan = w.plan(declared);
  REQUIRE(plan);
  REQUIRE(plan->steps.size() == 2);
  CHECK(plan->steps[0].action == Action::change);
  const auto& members = plan->steps[0].members;
  REQUIRE(members.size() == 2);
  CHECK(members[0].name == "permissions");
  CHECK(members[0].before == AttributeValue(Texts{"articles:write", "articles:read"}));
  CHECK(members[0].after == AttributeValue(Texts{"articles:write"}));
  CHECK(members[1].name == "description");
  CHECK(!members[1].after);
  REQUIRE(plan->steps[1].members.size() == 1);
  CHECK(plan->steps[1].members[0].name == "roles");
}

TEST_CASE("what a person's table does not say stays as the person has it") {
  World w;
  w.apply(kState);
  w.apply("[users.ann]\nlast_name = \"Smith\"\n");
  const auto ann = w.user("ann");
  REQUIRE(ann);
  CHECK(ann->last_name == "Smith");
  CHECK(ann->email == "ann@example.org");
  CHECK(ann->disabled);
}

TEST_CASE("only what files once had goes, and only of a kind that they have") {
  World w;
  test::add_user(w.t, "mallory");
  REQUIRE(add_role(w.t.services, "byhand", "", {}, {}));
  w.apply(kState);
  CHECK(w.apply("[roles.other]\n", true) == Texts{"role other", "role editor"});
  CHECK(w.user("ann"));
  CHECK(w.apply("[users.ann]\n[clients]\n", true) ==
        Texts{"user ben@example.org", "client api", "client wiki"});
  CHECK(w.user("mallory"));
  CHECK(!w.user("ben@example.org"));
  const auto roles = list_roles(w.t.services);
  REQUIRE(roles);
  CHECK(roles->size() == 4);  // user, admin, byhand, other
}

TEST_CASE("a thing that was made again in another way is not what a file had") {
  World w;
  w.apply("[resources.\"https://api.example.org\"]\nname = \"A\"\n");
  REQUIRE(delete_resource(w.t.services, "https://api.example.org", {}));
  w.t.clock.advance(std::chrono::seconds(1));
  tables::Resource resource;
  resource.identifier = "https://api.example.org";
  resource.name = "B";
  REQUIRE(add_resource(w.t.services, resource, {}));
  CHECK(w.apply("[resources]\n", true).empty());
}

TEST_CASE("whatever would stop a run is found before it") {
  World w;
  test::add_user(w.t, "carl");
  REQUIRE(change_profile(w.t.services, w.user("carl")->id, {{}, "carl@example.org", {}, {}, {}, {}},
                         {}));
  const std::string text = w.problem(
      "[roles.Editor]\n[clients.wiki]\nroles = [\"nobody\"]\n[clients.wu]\n"
      "[resources.nothing]\n[users.ann]\nemail = \"carl@example.org\"\n"
      "[users.bob]\nemail = \"x@example.org\"\n[users.eve]\nemail = \"X@example.org\"\n"
      "[users.\"-x\"]\n[users.fay]\nroles = [\"nobody\"]\n[users.gil.attributes]\nage = 3\n"
      "[users.hal]\npassword_hash = \"secret\"\n");
  for (const char* part :
       {"role \"Editor\", name", "client \"wiki\", roles: There is no role", "client \"wu\"",
        "resource \"nothing\", identifier", "user \"ann\", email: An account with this email",
        "user \"eve\", email: another user has it as well: state.toml:9", "user \"-x\", username",
        "user \"fay\", roles: There is no role", "user \"gil\", attributes.age",
        "user \"hal\", password_hash"}) {
    CAPTURE(part, text);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(!w.user("bob"));
  CHECK(text.find("secret\"") == std::string::npos);
}

TEST_CASE("the last administrator stays, unless the files have another one") {
  World w;
  const UserId root = test::add_user(w.t, "root").id;
  REQUIRE(grant_role(w.t.services, root, "admin", {}));
  CHECK(w.problem("[users.root]\nroles = []\n").find("last administrator") != std::string::npos);
  CHECK(w.problem("[users.root]\ndisabled = true\n").find("last administrator") !=
        std::string::npos);
  w.apply("[users.root]\nroles = [\"admin\"]\n");
  CHECK(w.problem("[users]\n", true).find("last administrator") != std::string::npos);
  // The new administrator comes first, wherever it stands. It has to be able to sign in.
  CHECK(w.apply("[users.root]\nroles = []\n[users.next]\nemail = \"next@example.org\"\n"
                "roles = [\"admin\"]\n") == Texts{"user next", "user root"});
}

TEST_CASE("a role that the files still name is not pruned") {
  World w;
  w.apply(kState);
  CHECK(w.problem("[roles]\n[users.ann]\nroles = [\"editor\"]\n", true)
            .find("role \"editor\" is not in the files, so --prune would remove it") !=
        std::string::npos);
}

TEST_CASE("a password hash is for an account that has no password") {
  World w;
  const std::string hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  const std::string text = "[users.ann]\npassword_hash = \"" + hash + "\"\n";
  CHECK(w.apply(text) == Texts{"user ann"});
  CHECK(w.user("ann")->password_hash == hash);
  REQUIRE(w.t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User ann = *find_by_login(tx, "ann");
    ann.password_hash = "$argon2id$v=19$m=64,t=1,p=1$bm90IGEgcGFzc3dvcmQ$YW5vdGhlciBvbmU";
    tables::users.put(tx, ann);
    return {};
  }));
  CHECK(w.apply(text).empty());
  CHECK(w.user("ann")->password_hash != hash);
}

TEST_CASE("a declared secret is one of the client's, and takes the place of the former one") {
  World w;
  const std::string one(32, 'a');
  const std::string two(32, 'b');
  const auto text = [](const std::string& secret) {
    return "[clients.app]\nsecret = \"" + secret + "\"\n";
  };
  CHECK(w.apply(text(one)) == Texts{"client app"});
  CHECK(w.apply(text(one)).empty());
  CHECK(w.apply(text(two)) == Texts{"client app"});
  const auto enters = [&](const std::string& secret) {
    ClientCredentials sent;
    sent.id = "app";
    sent.secret = ClientSecret(std::string(secret));
    return authenticate_client(w.t.services, sent, {}).has_value();
  };
  CHECK(!enters(one));
  CHECK(enters(two));
  const auto rotated = rotate_secret(w.t.services, "app", std::chrono::hours(1), {});
  REQUIRE(rotated);
  CHECK(enters(two));
  CHECK(enters(std::string(rotated->secret.reveal())));
  w.t.clock.advance(std::chrono::hours(2));
  CHECK(!enters(two));
  CHECK(enters(std::string(rotated->secret.reveal())));
}

TEST_CASE("the audit log tells each part of a change, as single commands do") {
  World w;
  w.apply(kState);
  w.apply("[roles.editor]\n[users.ann]\nroles = []\ndisabled = false\nfirst_name = \"A\"\n");
  const auto entries = list_audit(w.t.services, {});
  REQUIRE(entries);
  const auto has = [&](std::string_view action) {
    return std::any_of(entries->begin(), entries->end(),
                       [&](const tables::AuditEntry& one) { return one.action == action; });
  };
  for (const char* action : {"role_added", "role_changed", "resource_added", "client_added",
                             "account_created", "roles_set", "account_enabled", "profile_changed"})
    CHECK(has(action));
}

}  // namespace
}  // namespace authd::auth::state
