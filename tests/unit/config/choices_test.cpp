#include "config/choices.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::config;

TEST_CASE("a choice is written in the form that is read") {
  for (const Choice<SigningAlgorithm>& choice : kChoices<SigningAlgorithm>) {
    CHECK(parse_choice<SigningAlgorithm>(choice.word).value() == choice.value);
    CHECK(word_of(choice.value) == choice.word);
  }
  CHECK(word_of(ProxyHeaders::x_forwarded) == "x-forwarded");
  CHECK(words_of<StartTls>() == "required, optional");
}

TEST_CASE("an unknown word is refused with the list of words") {
  for (const char* word : {"", "Off", "required ", "on"}) {
    CAPTURE(word);
    CHECK(parse_choice<EmailOtp>(word).error().message == "must be one of off, required");
  }
}
