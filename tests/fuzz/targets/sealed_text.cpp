// Texts that only authd can create: refresh tokens, API keys, sealed values, the master key's file.
// The first byte of the input chooses whether the rest is such a text or alters a genuine one.
#include "auth/core/api_key_text.h"
#include "auth/core/refresh_token.h"
#include "crypto/secret_box.h"
#include "seeded_random.h"
#include "target.h"

namespace authd::fuzz {
namespace {

constexpr std::string_view kContext = "totp/7";

struct Genuine {
  Genuine() {
    SeededRandom random;
    server_key = SecretKey(random.bytes(32));
    master_key.emplace(SecretKey(random.bytes(crypto::MasterKey::kBytes)));
    refresh =
        auth::make_refresh_token(server_key, {random.bytes(auth::kSessionIdBytes), 7}).reveal();
    api_key = auth::make_api_key_text(random, {UserId{12}, 3});
    sealed = master_key->seal("the secret", kContext, random);
    line = master_key->line().reveal();
  }
  SecretKey server_key;
  std::optional<crypto::MasterKey> master_key;
  std::string refresh;
  std::string api_key;
  std::string sealed;
  std::string line;
};

void check_refresh(const Genuine& genuine, const std::string& text) {
  const auto claim = auth::parse_refresh_token(genuine.server_key, RefreshToken(std::string(text)));
  CHECK(claim.has_value() == (text == genuine.refresh));
}

// The checksum is for leak scanners, so anybody can create such texts. They have one form.
void check_api_key(const std::string& text) {
  const auto name = auth::parse_api_key_text(text);
  if (!name) return;
  CHECK(text.starts_with(auth::kApiKeyPrefix));
  SeededRandom random;
  const std::string other = auth::make_api_key_text(random, *name);
  constexpr size_t kDigits = 22;  // of user and number
  CHECK(other.size() == text.size());
  CHECK(other.substr(0, auth::kApiKeyPrefix.size() + kDigits) ==
        text.substr(0, auth::kApiKeyPrefix.size() + kDigits));
}

void check_sealed(const Genuine& genuine, const std::string& bytes) {
  const auto plain = genuine.master_key->open(bytes, kContext);
  CHECK(plain.has_value() == (bytes == genuine.sealed));
  CHECK(!genuine.master_key->open(bytes, "totp/8"));
}

void check_line(const std::string& text) {
  const auto key = crypto::MasterKey::parse(text);
  if (!key) return;
  const SecretKey line = key->line();
  // A line break at the end is not part of it.
  CHECK(std::string_view(text).starts_with(line.reveal().substr(0, line.reveal().find('\n'))));
}

}  // namespace

void run(std::string_view input) {
  static const Genuine genuine;
  Dice dice(input);
  const bool is_spoiled = dice.byte() % 2 == 1;
  const auto text = [&](const std::string& whole) {
    Dice own = dice;
    return is_spoiled ? spoiled(whole, own) : std::string(own.rest());
  };
  check_refresh(genuine, text(genuine.refresh));
  check_api_key(text(genuine.api_key));
  check_sealed(genuine, text(genuine.sealed));
  check_line(text(genuine.line));
}

}  // namespace authd::fuzz
