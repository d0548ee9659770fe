#include "auth/oauth/protocol/carried_request.h"

#include "support/instance.h"

#include <catch2/catch.hpp>

namespace authd::auth {
namespace {

Parameters parameters(std::vector<Parameters::Pair> pairs) {
  Result<Parameters> read = Parameters::read(pairs);
  REQUIRE(read);
  return std::move(*read);
}

TEST_CASE("a parameter comes once, except resource") {
  CHECK_FALSE(Parameters::read(std::vector<Parameters::Pair>{{"state", "a"}, {"state", "a"}}));
  CHECK_FALSE(Parameters::read(std::vector<Parameters::Pair>{{"state", "\xff"}}));
  const Parameters sent = parameters(
      {{"resource", "https://a.example"}, {"state", ""}, {"resource", "https://b.example"}});
  CHECK(sent.resources() == std::vector<std::string>{"https://a.example", "https://b.example"});
  CHECK_FALSE(sent.has("state"));
}

TEST_CASE("parameters survive their text form") {
  const Parameters sent = parameters({{"state", "a&b=c %\n\xc3\xa4+"},
                                      {"resource", "https://a.example"},
                                      {"scope", "openid email"}});
  const Result<Parameters> read = Parameters::decode(sent.encoded());
  REQUIRE(read);
  CHECK((*read)["state"] == "a&b=c %\n\xc3\xa4+");
  CHECK(read->resources() == sent.resources());
  CHECK(read->encoded() == sent.encoded());
  CHECK_FALSE(Parameters::decode("a=%zz"));
}

TEST_CASE("a list of words has each once") {
  CHECK(words_in("openid  email openid ") == std::vector<std::string>{"openid", "email"});
  CHECK(words_in("").empty());
}

TEST_CASE("a carried request is what this server wrote, for an hour") {
  test::Instance t;
  CarriedRequest request;
  request.parameters = parameters({{"client_id", "app"}, {"state", "xyz"}});
  request.asked_at = t.clock.now();
  request.answer = Answer::allowed;
  request.answered_by = std::string(16, 's');
  const Result<std::string> text = carried_text(t.services, request);
  REQUIRE(text);
  CHECK(carried_path(*text) == "/oauth2/authorize/" + *text);

  const auto read = read_carried(t.services, *text, t.clock.now());
  REQUIRE(read);
  CHECK(read->parameters["state"] == "xyz");
  CHECK(read->asked_at == request.asked_at);
  CHECK(read->answer == Answer::allowed);
  CHECK(read->answered_by == request.answered_by);

  for (size_t at = 0; at < text->size(); ++at) {
    std::string altered = *text;
    altered[at] = altered[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(read_carried(t.services, altered, t.clock.now()));
  }
  for (size_t length = 0; length < text->size(); ++length) {
    CHECK_FALSE(read_carried(t.services, text->substr(0, length), t.clock.now()));
  }
  CHECK_FALSE(read_carried(test::Instance().services, *text, t.clock.now()));
  t.clock.advance(kRequestLife);
  CHECK_FALSE(read_carried(t.services, *text, t.clock.now()));
}

TEST_CASE("a request that no address can hold is refused") {
  test::Instance t;
  CarriedRequest request;
  request.asked_at = t.clock.now();
  request.parameters = parameters({{"state", std::string(3000, 'x')}});
  CHECK(carried_text(t.services, request));
  request.parameters = parameters({{"state", std::string(5000, 'x')}});
  const Result<std::string> text = carried_text(t.services, request);
  REQUIRE_FALSE(text);
  CHECK(text.error().name == "invalid_request");
}

}  // namespace
}  // namespace authd::auth
