// The forms that a configuration key can have. Each makes a Key of its name, its default, the place
// in Config and the help; the functions of key_groups.h list the keys with them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/choices.h"
#include "config/reading/key.h"
#include "config/reading/values.h"

// The place of a key's value in Config, and nothing of it outside the files that list keys.
#define AT(member)                           \
  [](::authd::config::Config & c) -> auto& { \
    return c.member;                         \
  }

namespace authd::config {

using Parts = std::vector<std::string>;
using namespace std::chrono_literals;

// A value of T with a parser and a formatter, somewhere in Config.
template <typename T, typename Get, typename Parse, typename Format>
Key one(std::string name, std::string default_text, Get get, Parse parse, Format format,
        std::string help) {
  Key key;
  key.name = std::move(name);
  key.default_text = std::move(default_text);
  key.help = std::move(help);
  key.set = [get, parse = std::move(parse)](Config& config, const Parts& parts) -> Result<void> {
    T value = TRY(parse(parts.front()));
    get(config) = std::move(value);
    return {};
  };
  key.show = [get, format](const Config& config) {
    return std::string(format(get(const_cast<Config&>(config))));
  };
  return key;
}

template <typename T, typename Get, typename Parse, typename Format>
Key list(std::string name, std::string default_text, Get get, Parse parse, Format format,
         std::string help) {
  Key key;
  key.name = std::move(name);
  key.default_text = std::move(default_text);
  key.is_list = true;
  key.help = std::move(help);
  key.set = [get, parse = std::move(parse)](Config& config, const Parts& parts) -> Result<void> {
    std::vector<T> values;
    for (const std::string& part : parts)
      values.push_back(TRY(parse(part)));
    get(config) = std::move(values);
    return {};
  };
  key.show = [get, format](const Config& config) {
    return joined(get(const_cast<Config&>(config)), ",", format);
  };
  return key;
}

inline Key of_type(KeyType type, Key key) {
  key.type = type;
  return key;
}

inline Error outside(std::string_view low, std::string_view high) {
  return Error{ErrorCode::invalid,
               "must be between " + std::string(low) + " and " + std::string(high)};
}

template <typename Get>
Key number(std::string name, std::string default_text, uint64_t low, uint64_t high, Get get,
           std::string help) {
  const auto parse = [low, high](std::string_view text) -> Result<uint64_t> {
    const uint64_t value = TRY(parse_number(text));
    if (value < low || value > high) return outside(std::to_string(low), std::to_string(high));
    return value;
  };
  return of_type(KeyType::number,
                 one<uint64_t>(
                     std::move(name), std::move(default_text), get, parse,
                     [](auto value) { return std::to_string(value); }, std::move(help)));
}

template <typename Get>
Key size(std::string name, std::string default_text, uint64_t low, uint64_t high, Get get,
         std::string help) {
  const auto parse = [low, high](std::string_view text) -> Result<uint64_t> {
    const uint64_t value = TRY(parse_size(text));
    if (value < low || value > high) return outside(format_size(low), format_size(high));
    return value;
  };
  return of_type(KeyType::quantity, one<uint64_t>(std::move(name), std::move(default_text), get,
                                                  parse, &format_size, std::move(help)));
}

template <typename Get>
Key duration(std::string name, std::string default_text, Milliseconds low, Milliseconds high,
             Get get, std::string help) {
  const auto parse = [low, high](std::string_view text) -> Result<Milliseconds> {
    const Milliseconds value = TRY(parse_duration(text));
    if (value < low || value > high) return outside(format_duration(low), format_duration(high));
    return value;
  };
  return of_type(KeyType::quantity, one<Milliseconds>(std::move(name), std::move(default_text), get,
                                                      parse, &format_duration, std::move(help)));
}

template <typename Get>
Key flag(std::string name, std::string default_text, Get get, std::string help) {
  return of_type(KeyType::boolean,
                 one<bool>(
                     std::move(name), std::move(default_text), get, &parse_bool,
                     [](bool value) { return value ? "true" : "false"; }, std::move(help)));
}

template <typename Get>
Key text(std::string name, std::string default_text, Get get, std::string help) {
  const auto parse = [](std::string_view value) -> Result<std::string> {
    const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
      return static_cast<uint8_t>(c) >= 0x20 && c != 0x7f;
    });
    if (!printable || value.size() > 4096) {
      return Error{ErrorCode::invalid, "must be plain text of at most 4096 bytes"};
    }
    return std::string(value);
  };
  return one<std::string>(
      std::move(name), std::move(default_text), get, parse,
      [](const std::string& value) { return value; }, std::move(help));
}

template <typename E>
Key choosing(Key key) {
  for (const Choice<E>& choice : kChoices<E>)
    key.choices.emplace_back(choice.word);
  return key;
}

// One of the words of an enum (config/choices.h).
template <typename E, typename Get>
Key choice(std::string name, std::string default_text, Get get, std::string help) {
  return choosing<E>(one<E>(std::move(name), std::move(default_text), get, &parse_choice<E>,
                            &word_of<E>, std::move(help)));
}

template <typename Get>
Key rate(std::string name, std::string default_text, Get get, std::string help) {
  return one<Rate>(std::move(name), std::move(default_text), get, &parse_rate, &format_rate,
                   std::move(help));
}

// What may not be empty.
inline Key filled(Key key) {
  key.set = [set = std::move(key.set)](Config& config, const Parts& parts) -> Result<void> {
    if (parts.empty() || parts.front().empty())
      return Error{ErrorCode::invalid, "must not be empty"};
    return set(config, parts);
  };
  return key;
}

inline Key computed(std::string note, Key key) {
  key.default_note = std::move(note);
  return key;
}

inline Key reloadable(Key key) {
  key.is_reloadable = true;
  return key;
}

inline Key switching(Key key) {
  key.is_switch = true;
  return key;
}

inline std::string as_is(const std::string& value) {
  return value;
}

}  // namespace authd::config
