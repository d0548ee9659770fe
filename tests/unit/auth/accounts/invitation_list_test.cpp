#include "auth/accounts/account/invitation_list.h"

#include "support/people.h"
#include "support/refusal.h"

using namespace authd;
using namespace authd::test;

namespace {

struct World {
  // What comes of a list: "invited unchanged email_taken".
  std::string invite(const std::vector<std::string>& emails, bool is_dry_run = false) {
    auto list = auth::InvitationList::begin(t.services, origin, is_dry_run);
    REQUIRE(list);
    std::string text;
    for (const std::string& email : emails) {
      auth::NewInvitation wanted;
      wanted.email = email;
      const auth::InvitationOutcome outcome = list->invite(wanted);
      CHECK(outcome.made.has_value() == (!is_dry_run && outcome.result && *outcome.result));
      std::string word = outcome.result && *outcome.result ? "invited" : "unchanged";
      if (!outcome.result) word = name_of(outcome.result);
      if (word.empty()) word = outcome.result.error().field;
      text += (text.empty() ? "" : " ") + word;
    }
    return text;
  }
  size_t count() { return auth::list_invitations(t.services).value().size(); }

  Instance t;
  auth::Origin origin;
};

}  // namespace

TEST_CASE("what is refused for one address does not stop the others") {
  World w;
  add_user(w.t, "ann");
  CHECK(w.invite({"ben@example.org", "nobody", "", "Ann@Example.org", "carla@example.org"}) ==
        "invited email email email_taken invited");
  CHECK(w.count() == 2);
}

TEST_CASE("nobody has two invitations by lists, however the address is written") {
  World w;
  CHECK(w.invite({"ben@example.org", "BEN@example.org", "x@xn--bcher-kva.example"}) ==
        "invited unchanged invited");
  CHECK(w.invite({"ben@Example.org", "x@b\u00fccher.example"}) == "unchanged unchanged");
  CHECK(w.count() == 2);
  // Once it is good for nothing, it is no invitation any more.
  w.t.clock.advance(auth::kInvitationLife);
  CHECK(w.invite({"ben@example.org"}) == "invited");
}

TEST_CASE("a dry run of a list tells the same and writes nothing") {
  World w;
  add_user(w.t, "ann");
  const std::vector<std::string> emails = {"ben@example.org", "ann@example.org", "nobody",
                                           "Ben@example.org"};
  CHECK(w.invite(emails, true) == "invited email_taken email unchanged");
  CHECK(w.count() == 0);
  CHECK(w.invite(emails) == "invited email_taken email unchanged");
}

TEST_CASE("what is wrong with the whole list is known before it begins") {
  World w;
  auth::NewInvitation wanted;
  wanted.sends_mail = true;
  CHECK(auth::check_shared(w.t.services, wanted, w.origin));
  wanted.roles = {"nosuch"};
  CHECK(auth::check_shared(w.t.services, wanted, w.origin).error().code == ErrorCode::not_found);
  wanted.roles.clear();
  wanted.life = std::chrono::minutes(1);
  CHECK(auth::check_shared(w.t.services, wanted, w.origin).error().field == "expires_in");
}
