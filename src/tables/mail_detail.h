// Mail::detail of the kinds that report changes of the ways to sign in: sentences, each a word of
// the catalogues of mails ("told.WORD" in src/mail/texts/) with values for its places. auth/ writes
// words, so that the mail can be in the language of whoever reads it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace authd::tables {

struct Sentence {
  std::string word;  // "username_changed"; a whole sentence in a mail of an older release
  std::vector<std::pair<std::string, std::string>> values = {};  // of the places, by their names
};

// Sentences as text for Mail::detail. Control characters in them become spaces.
std::string detail_of(const std::vector<Sentence>& sentences);

// The same backwards; at most 8.
std::vector<Sentence> sentences_of(std::string_view detail);

}  // namespace authd::tables
