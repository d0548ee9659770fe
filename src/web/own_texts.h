// The operator's own words for texts of pages and mails: branding.texts_dir has a file for each
// language, TAG.json, with keys of either kind (catalogue.h) and the texts that replace ours.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "web/catalogue.h"

namespace authd::web {

inline constexpr size_t kMaxTextsFile = 256 << 10;  // bytes
inline constexpr size_t kMaxOwnText = 2000;         // bytes, of one text

struct AllTexts {
  Catalogues pages = page_texts();
  Catalogues mails = mail_texts();

  friend bool operator==(const AllTexts&, const AllTexts&) = default;
};

// The embedded texts with the words of the directory in their places; "" has none. Errors: those of
// reading; `invalid`, with file and key, for a language that there is not, an unknown key, a place
// that is lost or that there is not, a control character, and what is too long.
Result<AllTexts> read_own_texts(const std::string& directory);

// A value that one thread replaces as a whole now and then while others read it. What was replaced
// is kept, since a reply may still refer to it; so there is a limit.
template <typename T>
class Replaceable {
 public:
  static constexpr size_t kMost = 32;

  explicit Replaceable(T first) { (void)replace(std::move(first)); }

  const T& get() const { return *now_.load(std::memory_order_acquire); }

  // False: it was replaced too often.
  bool replace(T value) {
    if (all_.size() == kMost) return false;
    all_.push_back(std::make_unique<const T>(std::move(value)));
    now_.store(all_.back().get(), std::memory_order_release);
    return true;
  }

 private:
  std::vector<std::unique_ptr<const T>> all_;
  std::atomic<const T*> now_{nullptr};
};

}  // namespace authd::web
