// The texts that people read, in every language that has a catalogue: those of the pages
// (src/web/pages/TAG.json) and of the mails (src/mail/texts/TAG.json). A catalogue is one JSON
// object of keys and texts. "{name}" is a place for a value. A text that counts is a family of
// keys, one for each plural form that the language has (config::plurals_of): sessions.one,
// sessions.other. tests/build/catalogues_test.py holds the languages against English.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "web/asset.h"

namespace authd::web {

// A text by its key, with values for its places.
struct Text {
  std::string_view key;
  std::vector<std::pair<std::string_view, std::string>> values = {};
};

// "{name}" filled in, in one pass: a value that looks like a place is left unchanged, and so is a
// place that has no value.
std::string fill_places(std::string_view text,
                        std::span<const std::pair<std::string_view, std::string>> values);

// The texts of one language. Copies share them until one is changed.
class Catalogue {
 public:
  using Texts = std::map<std::string, std::string, std::less<>>;

  Catalogue(std::string tag, Texts texts)
      : tag_(std::move(tag)), texts_(std::make_shared<const Texts>(std::move(texts))) {}

  const std::string& tag() const { return tag_; }  // BCP 47
  bool has(std::string_view key) const { return texts_->contains(key); }
  // The key must be there.
  std::string text(std::string_view key) const;
  std::string text(const Text& text) const;
  // The plural form for a number, which replaces "{count}".
  std::string counted(std::string_view family, uint64_t count) const;

  const Texts& texts() const { return *texts_; }
  // Replaces these texts, whose keys are there.
  void replace(const Texts& texts);

  friend bool operator==(const Catalogue& one, const Catalogue& other) {
    return one.tag_ == other.tag_ && (one.texts_ == other.texts_ || *one.texts_ == *other.texts_);
  }

 private:
  std::string tag_;
  std::shared_ptr<const Texts> texts_;
};

// One kind of texts, in all languages.
class Catalogues {
 public:
  // Those of the files that are named FOLDER/TAG.json with a TAG of config::kLanguages.
  static Catalogues read(std::span<const Asset> files, std::string_view folder);

  // The languages that there are, in the order of config::kLanguages.
  const std::vector<std::string_view>& tags() const { return tags_; }
  bool has(std::string_view tag) const { return catalogues_.contains(tag); }
  // The catalogue of a language; of the first one if it has none.
  const Catalogue& of(std::string_view tag) const;
  // Replaces texts that are there, in a language that is there.
  void replace(std::string_view tag, const Catalogue::Texts& texts);

  friend bool operator==(const Catalogues&, const Catalogues&) = default;

 private:
  std::map<std::string, Catalogue, std::less<>> catalogues_;
  std::vector<std::string_view> tags_;
};

// The embedded ones, read once.
const Catalogues& page_texts();
const Catalogues& mail_texts();

}  // namespace authd::web
