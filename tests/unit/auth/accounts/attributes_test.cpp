#include "auth/accounts/profile/attributes.h"

#include <catch2/catch.hpp>

#include "auth/accounts/account/accounts.h"
#include "auth/upkeep/check.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;

namespace {

using auth::AttributeChanges;
using auth::AttributeSide;
using auth::AttributeValues;
using config::AttributeAccess;
using config::AttributeType;
using Texts = std::vector<std::string>;

config::Config config_with(std::vector<config::Attribute> attributes) {
  config::Config config = Instance::default_config();
  config.attributes = std::move(attributes);
  return config;
}

const config::Attribute kDepartment{"department", AttributeType::text};
const config::Attribute kNumber{"number", AttributeType::number};
const config::Attribute kRemote{"remote", AttributeType::boolean};
const config::Attribute kTeams{"teams", AttributeType::texts, "Teams", AttributeAccess::owner,
                               AttributeAccess::owner};
const config::Attribute kNote{"note", AttributeType::text, "Note", AttributeAccess::admin};

config::Config all() {
  return config_with({kDepartment, kNumber, kRemote, kTeams, kNote});
}

Result<auth::AccountView> change(Instance& t, UserId user, AttributeChanges changes) {
  auth::ProfileChange wanted;
  wanted.attributes = std::move(changes);
  return auth::change_profile(t.services, user, wanted, {});
}

std::string code_of(const Result<void>& checked) {
  if (checked) return "";
  return checked.error().name + " " + checked.error().field;
}

Result<AttributeChanges> parsed(const std::string& json) {
  return auth::attribute_changes_of(*JsonObject::parse(json));
}

}  // namespace

TEST_CASE("values of every type are kept, changed and removed") {
  Instance t(all());
  const tables::User ann = add_user(t, "ann");
  const AttributeValues values = {{"department", "Research"},
                                  {"number", int64_t{-9007199254740991}},
                                  {"remote", false},
                                  {"teams", Texts{"red", "blue"}},
                                  {"note", "x"}};
  AttributeChanges changes(values.begin(), values.end());
  CHECK(change(t, ann.id, changes)->attributes == values);
  CHECK(auth::view_account(t.services, ann.id)->attributes == values);
  CHECK(*auth::view_attributes(t.services, ann.id) == values);
  const auto left =
      change(t, ann.id, {{"department", std::nullopt}, {"teams", Texts{}}, {"note", ""}});
  CHECK(left->attributes ==
        AttributeValues{{"number", int64_t{-9007199254740991}}, {"remote", false}});
  CHECK(
      change(t, ann.id, {{"number", std::nullopt}, {"remote", std::nullopt}})->attributes.empty());
  CHECK(t.store
            .read([&](store::ReadTxn& tx) -> Result<bool> {
              return !tables::user_attributes.find(tx, tables::big_endian(ann.id.value));
            })
            .value());
}

TEST_CASE("the log names changed attributes, and not their values") {
  Instance t(all());
  const tables::User ann = add_user(t, "ann");
  REQUIRE(change(t, ann.id, {{"department", "Research"}, {"number", int64_t{7}}}));
  REQUIRE(change(t, ann.id, {{"department", "Research"}, {"number", int64_t{8}}}));
  REQUIRE(change(t, ann.id, {{"department", "Research"}}));
  auth::AuditFilter filter;
  filter.action = "attributes_changed";
  const auto entries = auth::list_audit(t.services, filter).value();
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].detail == "number");
  CHECK(entries[1].detail == "department, number");
  filter.action = "profile_changed";
  CHECK(auth::list_audit(t.services, filter)->empty());
}

TEST_CASE("a value whose attribute is gone or has another type stays, and is not seen") {
  Instance t(all());
  const tables::User ann = add_user(t, "ann");
  REQUIRE(change(t, ann.id, {{"department", "Research"}, {"number", int64_t{7}}}));
  config::Attribute number = kNumber;
  number.type = AttributeType::text;
  t.config.attributes = {number, kRemote};
  CHECK(auth::view_attributes(t.services, ann.id)->empty());
  // Other changes keep it.
  REQUIRE(change(t, ann.id, {{"remote", true}}));
  t.config.attributes = {};
  CHECK(auth::view_account(t.services, ann.id)->attributes.empty());
  t.config.attributes = {kDepartment, kNumber};
  CHECK(*auth::view_attributes(t.services, ann.id) ==
        AttributeValues{{"department", "Research"}, {"number", int64_t{7}}});
}

TEST_CASE("who may not see an attribute gets the answer for one that does not exist") {
  const config::Config config = all();
  const auto check = [&](AttributeChanges changes, AttributeSide side) {
    return code_of(auth::check_attribute_changes(config, changes, side));
  };
  CHECK(check({{"teams", Texts{"a"}}}, AttributeSide::owner).empty());
  CHECK(check({{"note", "x"}}, AttributeSide::admin).empty());
  CHECK(check({{"department", "x"}}, AttributeSide::owner) ==
        "attribute_read_only attributes.department");
  CHECK(check({{"note", "x"}}, AttributeSide::owner) == " attributes.note");
  CHECK(check({{"note", std::nullopt}}, AttributeSide::owner) == " attributes.note");
  CHECK(check({{"nothing", "x"}}, AttributeSide::owner) == " attributes.nothing");
  CHECK(check({{"nothing", "x"}}, AttributeSide::admin) == " attributes.nothing");
  // A hostile name is not repeated.
  CHECK(check({{"<script>", "x"}}, AttributeSide::admin) == " attributes");
  JsonWriter json;
  auth::write_attributes(json, config, {{"note", "x"}, {"number", int64_t{1}}},
                         AttributeSide::owner);
  CHECK(json.text() == R"({"department":null,"number":1,"remote":null,"teams":null})");
}

TEST_CASE("values beyond the limits and of other types are refused") {
  const config::Config config = all();
  const auto is_good = [&](const char* name, const auth::AttributeValue& value) {
    return auth::check_attribute_changes(config, {{name, value}}, AttributeSide::admin).has_value();
  };
  CHECK(is_good("department", std::string(1024, 'x')));
  CHECK_FALSE(is_good("department", std::string(1025, 'x')));
  CHECK_FALSE(is_good("department", std::string("a\0b", 3)));
  CHECK_FALSE(is_good("department", "a\nb"));
  CHECK_FALSE(is_good("department", "\xff"));
  CHECK_FALSE(is_good("department", "a\u202e b"));
  CHECK_FALSE(is_good("department", int64_t{1}));
  CHECK(is_good("number", int64_t{9007199254740991}));
  CHECK_FALSE(is_good("number", int64_t{9007199254740992}));
  CHECK_FALSE(is_good("number", INT64_MIN));
  CHECK_FALSE(is_good("number", "1"));
  CHECK_FALSE(is_good("number", true));
  CHECK(is_good("remote", true));
  CHECK_FALSE(is_good("remote", int64_t{1}));
  CHECK(is_good("teams", Texts(50, std::string(256, 'x'))));
  CHECK_FALSE(is_good("teams", Texts(51, "x")));
  CHECK_FALSE(is_good("teams", Texts{std::string(257, 'x')}));
  CHECK_FALSE(is_good("teams", Texts{""}));
  CHECK_FALSE(is_good("teams", "x"));
}

TEST_CASE("all attributes of a user together have a limit, and fit into a row") {
  std::vector<config::Attribute> many;
  for (size_t i = 0; i < 32; ++i)
    many.push_back({"a" + std::to_string(i), AttributeType::texts});
  Instance t(config_with(many));
  const tables::User ann = add_user(t, "ann");
  AttributeChanges changes;
  for (const config::Attribute& one : many)
    changes.emplace_back(one.name, Texts(50, std::string(256, 'x')));
  const auto refused = change(t, ann.id, changes);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid);
  CHECK(refused.error().field == "attributes");
  CHECK(auth::view_attributes(t.services, ann.id)->empty());
  changes.resize(5);
  CHECK(change(t, ann.id, changes)->attributes.size() == 5);
  changes.assign(1, {"a9", Texts{"x"}});
  CHECK(change(t, ann.id, changes)->attributes.size() == 6);
}

TEST_CASE("a request says values as JSON") {
  const auto changes =
      parsed(R"({"attributes":{"a":"x","b":-3,"c":false,"d":["p","q"],"e":null,"f":[]}})");
  REQUIRE(changes);
  CHECK(*changes == AttributeChanges{{"a", "x"},
                                     {"b", int64_t{-3}},
                                     {"c", false},
                                     {"d", Texts{"p", "q"}},
                                     {"e", std::nullopt},
                                     {"f", Texts{}}});
  CHECK(parsed("{}")->empty());
  for (const char* value : {"1.5", "1e3", "18446744073709551615", "{}", "[1]", "[null]", "[[]]"}) {
    CAPTURE(value);
    const auto refused = parsed(std::string(R"({"attributes":{"a":)") + value + "}}");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().field == "attributes.a");
  }
  for (const char* value : {"null", "[]", "\"x\"", "1"}) {
    CAPTURE(value);
    CHECK_FALSE(parsed(std::string(R"({"attributes":)") + value + "}"));
  }
}

TEST_CASE("a command says values as text") {
  const config::Config config = all();
  const auto of = [&](const std::string& name, const std::string& text) {
    return auth::attribute_change_of(config, name, text);
  };
  CHECK(of("department", "a,b=c")->second == auth::AttributeValue("a,b=c"));
  CHECK(of("department", "")->second == std::nullopt);
  CHECK(of("number", "-12")->second == auth::AttributeValue(int64_t{-12}));
  CHECK(of("remote", "true")->second == auth::AttributeValue(true));
  CHECK(of("teams", "red, blue")->second == auth::AttributeValue(Texts{"red", "blue"}));
  CHECK(of("teams", R"(["a,b","c"])")->second == auth::AttributeValue(Texts{"a,b", "c"}));
  for (const auto& [name, text] :
       std::vector<std::pair<std::string, std::string>>{{"number", "12x"},
                                                        {"number", "1.0"},
                                                        {"number", " 1"},
                                                        {"remote", "yes"},
                                                        {"teams", "[1]"},
                                                        {"teams", "[\"a\""},
                                                        {"other", "x"}}) {
    CAPTURE(name, text);
    CHECK(of(name, text).error().field == "attributes." + name);
  }
  CHECK(auth::attribute_text(Texts{"a,b"}) == R"(["a,b"])");
}

TEST_CASE("attributes go with their user") {
  Instance t(all());
  const tables::User ann = add_user(t, "ann");
  REQUIRE(change(t, ann.id, {{"department", "Research"}}));
  CHECK(auth::check_store(t.services)->findings.empty());
  REQUIRE(auth::delete_account(t.services, ann.id, {}));
  const auto stored = t.store.read([&](store::ReadTxn& tx) -> Result<AttributeValues> {
    return auth::stored_attributes(tx, ann.id);
  });
  CHECK(stored->empty());
  CHECK(change(t, ann.id, {{"department", "x"}}).error().code == ErrorCode::not_found);
}

TEST_CASE("the check finds values that cannot be read") {
  Instance t(all());
  const tables::User ann = add_user(t, "ann");
  tables::AttributeRow row;
  row.name = "x";
  row.kind = tables::AttributeKind::text;
  row.text = "y";
  const std::string good = tables::encode_row(row);
  for (const Texts& values : {Texts{"x"}, Texts{good, good}, Texts{""}}) {
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::user_attributes.put(tx, {ann.id, values, {}});
      return {};
    }));
    const auto report = auth::check_store(t.services);
    REQUIRE(report->findings.size() == 1);
    CHECK(report->findings[0] ==
          "user " + std::to_string(ann.id.value) + " has attributes that cannot be read");
  }
}

TEST_CASE("an account is created with attributes") {
  Instance t(all());
  auth::NewAccount account;
  account.username = "bob";
  account.password = Password("correct horse battery");
  account.attributes = {{"number", int64_t{4711}}};
  const auto bob = auth::create_account(t.services, account, {});
  REQUIRE(bob);
  CHECK(auth::view_account(t.services, bob->id)->attributes ==
        AttributeValues{{"number", int64_t{4711}}});
  account.username = "eve";
  account.attributes = {{"other", "x"}};
  CHECK(auth::create_account(t.services, account, {}).error().field == "attributes.other");
}
