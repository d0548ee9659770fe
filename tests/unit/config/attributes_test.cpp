#include "config/reading/attributes.h"

#include "support/config_file.h"

using namespace authd;
using namespace authd::config;
using test::load_environment;
using test::load_file;

namespace {

std::string refusal_of(const std::string& text) {
  const Result<Loaded> loaded = load_file(text);
  return loaded ? "" : loaded.error().message;
}

}  // namespace

TEST_CASE("an attribute is a table with defaults") {
  const Loaded loaded = load_file("[attributes.department]\n").value();
  REQUIRE(loaded.config.attributes.size() == 1);
  const Attribute& one = loaded.config.attributes[0];
  CHECK(one == Attribute{"department", AttributeType::text, "department", AttributeAccess::owner,
                         AttributeAccess::admin, "", "profile"});
  CHECK(find_attribute(loaded.config, "department") == &one);
  CHECK(find_attribute(loaded.config, "other") == nullptr);
}

TEST_CASE("what an attribute is comes from the file and from variables") {
  const Loaded loaded =
      load_file(
          "[attributes.cost_center]\ntype = \"number\"\nlabel = \"Cost center\"\n"
          "write = \"owner\"\nclaim = \"https://example.org/cc\"\nscope = \"employment\"\n")
          .value();
  CHECK(loaded.config.attributes[0] ==
        Attribute{"cost_center", AttributeType::number, "Cost center", AttributeAccess::owner,
                  AttributeAccess::owner, "https://example.org/cc", "employment"});
  CHECK(source_of(loaded, "attributes.cost_center.label").ends_with(":3"));
  const Loaded other = load_environment({{"AUTHD_ATTRIBUTES_COST_CENTER_TYPE", "texts"},
                                         {"AUTHD_ATTRIBUTES_COST_CENTER_READ", "admin"}})
                           .value();
  CHECK(other.config.attributes[0].name == "cost_center");
  CHECK(other.config.attributes[0].type == AttributeType::texts);
  CHECK(other.config.attributes[0].read == AttributeAccess::admin);
  CHECK(source_of(other, "attributes.cost_center.type") == "AUTHD_ATTRIBUTES_COST_CENTER_TYPE");
}

TEST_CASE("what no attribute can be is refused with its place") {
  for (const char* name : {"email", "sub", "iss", "roles", "groups", "id", "updated_at", "scope"}) {
    CAPTURE(name);
    const std::string said =
        refusal_of(std::string("[attributes.") + name + "]\ntype = \"text\"\n");
    CHECK(said.find(std::string(":2: attributes.") + name + ".type: \"" + name +
                    "\" is not a name") != std::string::npos);
  }
  for (const char* name :
       {"Upper", "1st", "_x", "a-b", "\"\"", "\"a b\"", "abcdefghijklmnopqrstuvwxyzabcdefg"}) {
    CAPTURE(name);
    CHECK(refusal_of(std::string("[attributes.") + name + "]\ntype = \"text\"\n")
              .find("is not a name for an attribute") != std::string::npos);
  }
  for (const char* line :
       {"type = \"date\"", "read = \"all\"", "write = \"nobody\"", "claim = \"email\"",
        "claim = \"aud\"", "claim = \"Sub\"", "scope = \"Profile\"", "claim = \"a b\"",
        "scope = \"openid\"", "scope = \"offline_access\"", "scope = \"\"", "scope = \"a b\"",
        "label = \"a\\u202eb\"", "type = 1", "claims = \"x\""}) {
    CAPTURE(line);
    const std::string said = refusal_of(std::string("[attributes.x]\n") + line + "\n");
    CHECK(said.find(":2: ") != std::string::npos);
  }
}

TEST_CASE("attributes have to fit together") {
  CHECK(refusal_of("[attributes.x]\nread = \"admin\"\nwrite = \"owner\"\n")
            .find("attributes.x.write (") == 0);
  CHECK(refusal_of("[attributes.x]\nclaim = \"c\"\n[attributes.y]\nclaim = \"c\"\n")
            .find("is the claim of another attribute") != std::string::npos);
  // To some readers of JSON, that is one claim.
  CHECK(refusal_of("[attributes.x]\nclaim = \"level\"\n[attributes.y]\nclaim = \"Level\"\n")
            .find("is the claim of another attribute") != std::string::npos);
  // What people write themselves is nothing for APIs to decide by.
  CHECK(refusal_of("[attributes.x]\nwrite = \"owner\"\nscope = \"groups\"\n")
            .find("attributes.x.scope (") == 0);
  // Nobody has allowed what they do not see.
  CHECK(refusal_of("[attributes.x]\nread = \"admin\"\nclaim = \"c\"\n")
            .find("attributes.x.scope (") == 0);
  CHECK(load_file("[attributes.x]\nread = \"admin\"\nclaim = \"c\"\nscope = \"own\"\n"));
  std::string many;
  for (size_t i = 0; i < kMaxAttributes; ++i)
    many += "[attributes.a" + std::to_string(i) + "]\n";
  CHECK(load_file(many));
  CHECK(refusal_of(many + "[attributes.more]\n").find("more than 32") != std::string::npos);
}

TEST_CASE("changed attributes wait for the next start") {
  const Loaded before = load_file("[attributes.x]\n").value();
  const Loaded after = load_file("[attributes.x]\nlabel = \"Y\"\n").value();
  CHECK(changed_until_restart(before.config, after.config) ==
        std::vector<std::string>{"attributes"});
}
