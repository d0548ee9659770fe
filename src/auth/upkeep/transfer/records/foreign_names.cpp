#include "auth/upkeep/transfer/records/foreign_names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "auth/upkeep/transfer/records/firebase.h"
#include "base/text.h"

namespace authd::auth::transfer {
namespace {

constexpr size_t kMaxUsername = 64;
constexpr size_t kMaxTag = 20;

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array kForms = {
    Pair{"$apr1$", "$apr1$ (Apache's MD5)"},
    Pair{"$2x$", "$2x$ (a broken bcrypt)"},
    Pair{"$7$", "$7$ (scrypt of libxcrypt)"},
    Pair{"$argon2", "Argon2 of an old version or beyond the limits"},
    Pair{"md5$", "md5$ (Django)"},
    Pair{"sha1$", "sha1$ (Django)"},
    Pair{"$fbscrypt$", "$fbscrypt$ beyond the limits"},
};

// Letters of the Latin script with a mark, in UTF-8, and what people write in their place.
constexpr std::array kLetters = {
    Pair{"ä", "ae"}, Pair{"ö", "oe"}, Pair{"ü", "ue"}, Pair{"Ä", "Ae"}, Pair{"Ö", "Oe"},
    Pair{"Ü", "Ue"}, Pair{"ß", "ss"}, Pair{"æ", "ae"}, Pair{"ø", "o"},  Pair{"å", "a"},
    Pair{"Æ", "Ae"}, Pair{"Ø", "O"},  Pair{"Å", "A"},  Pair{"à", "a"},  Pair{"á", "a"},
    Pair{"â", "a"},  Pair{"ã", "a"},  Pair{"ç", "c"},  Pair{"è", "e"},  Pair{"é", "e"},
    Pair{"ê", "e"},  Pair{"ë", "e"},  Pair{"ì", "i"},  Pair{"í", "i"},  Pair{"î", "i"},
    Pair{"ï", "i"},  Pair{"ñ", "n"},  Pair{"ò", "o"},  Pair{"ó", "o"},  Pair{"ô", "o"},
    Pair{"õ", "o"},  Pair{"ù", "u"},  Pair{"ú", "u"},  Pair{"û", "u"},  Pair{"ý", "y"},
    Pair{"ÿ", "y"},  Pair{"É", "E"},  Pair{"È", "E"},  Pair{"Ç", "C"},  Pair{"Ñ", "N"},
    Pair{"ą", "a"},  Pair{"ć", "c"},  Pair{"č", "c"},  Pair{"ď", "d"},  Pair{"đ", "d"},
    Pair{"ę", "e"},  Pair{"ě", "e"},  Pair{"ğ", "g"},  Pair{"ı", "i"},  Pair{"ł", "l"},
    Pair{"Ł", "L"},  Pair{"ń", "n"},  Pair{"ň", "n"},  Pair{"ő", "o"},  Pair{"œ", "oe"},
    Pair{"ř", "r"},  Pair{"ś", "s"},  Pair{"š", "s"},  Pair{"Š", "S"},  Pair{"ş", "s"},
    Pair{"ș", "s"},  Pair{"ť", "t"},  Pair{"ț", "t"},  Pair{"ů", "u"},  Pair{"ű", "u"},
    Pair{"ź", "z"},  Pair{"ż", "z"},  Pair{"ž", "z"},  Pair{"Ž", "Z"},
};

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '.' || c == '_' ||
         c == '-' || c == '+';
}

// The tag in front of a hash, if it has the form of one and is none of the hash: "$x$" or "{x}".
std::string tag_of(std::string_view hash) {
  if (hash.empty() || (hash[0] != '$' && hash[0] != '{')) return "";
  const size_t end = hash.find(hash[0] == '$' ? '$' : '}', 1);
  if (end == std::string_view::npos || end < 2 || end > kMaxTag) return "";
  const std::string_view tag = hash.substr(1, end - 1);
  const bool is_word = std::all_of(tag.begin(), tag.end(),
                                   [](char c) { return (is_plain(c) && c != '+' && c != '.'); });
  return is_word ? std::string(hash.substr(0, end + 1)) : "";
}

}  // namespace

std::string form_of_hash(std::string_view hash) {
  if (is_firebase_hash(hash)) return "Firebase's scrypt, which needs --firebase-hash-config";
  for (const auto& [prefix, name] : kForms) {
    if (hash.starts_with(prefix)) return std::string(name);
  }
  if (hash.starts_with('(') && hash.ends_with(')') && hash.size() < kMaxTag) {
    return std::string(hash.substr(1, hash.size() - 2));  // The algorithm alone is known.
  }
  if (std::string tag = tag_of(hash); !tag.empty()) return tag;
  const bool is_hex = hash.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  for (const size_t size : {32, 40, 64, 96, 128}) {
    if (is_hex && hash.size() == size) {
      return std::to_string(size) + " hex digits, an unsalted digest";
    }
  }
  return "an unknown form";
}

bool is_no_password(std::string_view hash) {
  return hash.empty() || hash[0] == '!' || hash[0] == '*';
}

std::string mapped_username(std::string_view name) {
  if (const size_t slash = name.rfind('\\'); slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  name = name.substr(0, name.find('@'));
  std::string mapped;
  while (!name.empty()) {
    const auto letter = std::find_if(kLetters.begin(), kLetters.end(), [&](const Pair& pair) {
      return name.starts_with(pair.first);
    });
    if (letter != kLetters.end()) {
      mapped += letter->second;
      name.remove_prefix(letter->first.size());
      continue;
    }
    const char c = name.front();
    if (is_plain(c)) {
      mapped += c;
    } else if (c == ' ') {
      mapped += '.';
    } else if (c != '\'') {
      return "";  // Nobody would recognise the rest.
    }
    name.remove_prefix(1);
  }
  mapped = trimmed(mapped, ".");
  mapped.erase(0, mapped.find_first_not_of(".-"));
  return mapped.size() <= kMaxUsername ? mapped : "";
}

}  // namespace authd::auth::transfer
