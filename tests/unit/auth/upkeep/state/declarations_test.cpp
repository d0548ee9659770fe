#include "auth/upkeep/state/declarations.h"

#include <catch2/catch.hpp>

namespace authd::auth::state {
namespace {

const auto no_variable = [](const std::string&) { return std::string(); };

Result<Declarations> declared(std::string_view text, const std::string& file = "state.toml") {
  const auto entries = parse_state(text, file);
  if (!entries) return Error(entries.error());
  return declarations_of(*entries, no_variable);
}

std::string problem(std::string_view text) {
  const auto made = declared(text);
  return made ? "" : made.error().message;
}

TEST_CASE("TOML and JSON of one shape declare the same") {
  for (const char* text :
       {"[roles.editor]\npermissions = [\"a:b\"]\n[users.ann]\nroles = [\"editor\"]\n"
        "[users.ann.attributes]\nage = 3\n",
        R"({"roles":{"editor":{"permissions":["a:b"]}},
            "users":{"ann":{"roles":["editor"],"attributes":{"age":3}}}})"}) {
    const auto made = declared(text);
    REQUIRE(made);
    REQUIRE(made->roles.size() == 1);
    CHECK(made->roles[0].wanted.permissions == std::vector<std::string>{"a:b"});
    REQUIRE(made->users.size() == 1);
    CHECK(made->users[0].wanted.roles == std::vector<std::string>{"editor"});
    CHECK(made->users[0].wanted.profile.attributes ==
          AttributeChanges{{"age", AttributeValue(int64_t{3})}});
    CHECK(made->kinds == std::vector<Kind>{Kind::role, Kind::user});
  }
}

TEST_CASE("a name may have dots, and an empty section is a section") {
  const auto made =
      declared("[resources.\"https://api.example.org\"]\n[roles.\"a.b\"]\n[clients]\n");
  REQUIRE(made);
  CHECK(made->resources[0].wanted.identifier == "https://api.example.org");
  CHECK(made->roles[0].name == "a.b");
  CHECK(made->kinds.size() == 3);
}

TEST_CASE("all problems of the files are told at once, with their lines") {
  const std::string text = problem(
      "[roles.a]\ndescripton = \"x\"\n[roles.b]\npermissions = \"x\"\n[webhooks.c]\nurl = \"x\"\n"
      "[providers.d]\nissuer = \"x\"\n[clients]\nwiki = \"x\"\n[users.ann]\nroles = [\"a\"]\n"
      "attributes = \"x\"\n");
  CHECK(text.find("state.toml:2: role \"a\", descripton: a role has no member \"descripton\"; did "
                  "you mean description?") != std::string::npos);
  CHECK(text.find("state.toml:4: role \"b\", permissions: must be a list of texts") !=
        std::string::npos);
  CHECK(text.find("state.toml:6: webhooks are not declared") != std::string::npos);
  CHECK(text.find("state.toml:8: \"providers.d\" belongs in the configuration") !=
        std::string::npos);
  CHECK(text.find("\"wiki\" must be a table") != std::string::npos);
  CHECK(text.find("attributes: must be a table of values") != std::string::npos);
}

TEST_CASE("a section that is the configuration's is told once, and where it belongs") {
  const std::string belongs =
      " belongs in the configuration: put it into authd.toml, and restart the server";
  CHECK(problem("[providers.google]\nissuer = \"x\"\nclient_id = \"y\"\n") ==
        "state.toml:2: \"providers.google\"" + belongs);
  CHECK(problem("[attributes.department]\ntype = \"text\"\n") ==
        "state.toml:2: \"attributes.department\"" + belongs);
  // Clients are of both; those of a state are in the database.
  CHECK(declared("[clients.wiki]\nname = \"Wiki\"\n"));
  CHECK(problem("[mail]\nurl = \"log:\"\nfrom = \"a@b\"\n") == "state.toml:2: \"mail\"" + belongs);
  CHECK(problem("[providers]\n") == "state.toml:1: \"providers\"" + belongs);
  CHECK(problem("[rolls.a]\ndescription = \"x\"\n")
            .find("there is no section \"rolls\" (there are roles, resources, clients, users); did "
                  "you mean roles?") != std::string::npos);
}

TEST_CASE("a name that is there twice is told with both places") {
  auto entries = parse_state("[roles.editor]\ndescription = \"x\"\n", "a.toml");
  const auto more = parse_state("\n[roles.editor]\ndescription = \"y\"\n", "b.toml");
  REQUIRE((entries && more));
  entries->insert(entries->end(), more->begin(), more->end());
  const auto made = declarations_of(*entries, no_variable);
  REQUIRE(!made);
  CHECK(made.error().message == "b.toml:3: role \"editor\" is there already: a.toml:2");
  CHECK(problem("[users.ann]\ndisabled = true\n[users.Ann]\ndisabled = true\n") ==
        "state.toml:4: user \"Ann\" is there already: state.toml:2");
}

TEST_CASE("what a file must not have is refused, whatever its form") {
  CHECK(problem("roles = 3\n").find("must be a table") != std::string::npos);
  CHECK(problem("[roles.a]\ndescription = 1.5\n").find("state.toml:2") != std::string::npos);
  CHECK(problem("[roles.a.b]\nc = 1\n").find("must not be a table") != std::string::npos);
  CHECK(problem("[users.ann]\nroles = [1]\n").find("a list has texts") != std::string::npos);
  CHECK(problem("{\"roles\":{\"a\":{\"description\":null}}}").find("must be a text") !=
        std::string::npos);
  CHECK(problem("{\"roles\":{\"a\":{}},\"roles\":{}}") != "");
  CHECK(problem("[clients.app]\nnmae = \"x\"\n").find("did you mean name") != std::string::npos);
  CHECK(problem("[clients.app]\nname = 3\n").find("must not be a number") != std::string::npos);
  const std::string hostile = problem("[roles.\"a\\u001b[2J\\nb\"]\nx = 1\n");
  CHECK(hostile.find('\x1b') == std::string::npos);
  CHECK(hostile.find('\n') == std::string::npos);
}

TEST_CASE("secrets come from the file, another file or a variable, and are in no message") {
  const std::string secret = "0123456789abcdef0123456789abcdef";
  const auto entries = parse_state("[clients.app]\nsecret_env = \"APP\"\n", "state.toml");
  REQUIRE(entries);
  const auto made = declarations_of(
      *entries, [&](const std::string& name) { return name == "APP" ? secret : std::string(); });
  REQUIRE(made);
  CHECK(made->clients[0].wanted.secret.reveal() == secret);
  for (const std::string& text :
       {"[clients.app]\nsecret_env = \"" + secret + "\"\n",
        "[clients.app]\nsecret_file = \"" + secret + "\"\n",
        "[clients.app]\nsecret = \"" + secret + "\"\nsecret_env = \"X\"\n",
        "[users.ann]\npassword_hash_file = \"" + secret + "\"\n"}) {
    CHECK(!problem(text).empty());
    CHECK(problem(text).find(secret) == std::string::npos);
  }
  CHECK(problem("[clients.app]\nsecret = \"short\"\n").find("32 characters") != std::string::npos);
}

}  // namespace
}  // namespace authd::auth::state
