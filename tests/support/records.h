// Reads records from a text, for the tests of the readers.
#pragma once

#include <catch2/catch.hpp>

#include "auth/upkeep/transfer/records/record.h"

namespace authd::test {

// All records; fails the test if the reader stops with an Error.
inline std::vector<auth::transfer::Record> read_records(auth::transfer::MakeReader make,
                                                        const std::string& text) {
  auth::transfer::Source source(text);
  const auto reader = make(source);
  std::vector<auth::transfer::Record> records;
  while (true) {
    auto record = reader->next();
    REQUIRE(record);
    if (!*record) return records;
    records.push_back(std::move(**record));
    REQUIRE(records.size() < 1000);
  }
}

inline const auth::transfer::Account& account_of(const auth::transfer::Record& record) {
  CAPTURE(record.line);
  REQUIRE(record.problem == "");
  return std::get<auth::transfer::Account>(record.what);
}

// The one record of the text.
inline auth::transfer::Account read_account(auth::transfer::MakeReader make,
                                            const std::string& text) {
  const auto records = read_records(make, text);
  REQUIRE(records.size() == 1);
  return account_of(records[0]);
}

inline std::string problem_of(auth::transfer::MakeReader make, const std::string& text) {
  const auto records = read_records(make, text);
  REQUIRE(records.size() == 1);
  return records[0].problem;
}

// The reader terminates whatever is done to the text: truncated at every byte, and with every byte
// replaced.
inline void survive(auth::transfer::MakeReader make, const std::string& text) {
  const auto drain = [&](const std::string& hostile) {
    auth::transfer::Source source(hostile);
    const auto reader = make(source);
    size_t count = 0;
    while (true) {
      const auto record = reader->next();
      if (!record || !*record) break;
      REQUIRE(++count < 1000);
    }
  };
  for (size_t i = 0; i <= text.size(); ++i)
    drain(text.substr(0, i));
  for (const char odd : {'\0', '"', '\'', '\\', '\n', ')', '(', ',', '[', '}', '\xff', ';'}) {
    for (size_t i = 0; i < text.size(); ++i) {
      std::string changed = text;
      changed[i] = odd;
      drain(changed);
    }
  }
}

}  // namespace authd::test
