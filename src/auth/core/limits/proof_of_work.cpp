#include "auth/core/limits/proof_of_work.h"

#include <algorithm>
#include <bit>

#include "auth/core/lifetime.h"
#include "auth/core/limits/used_once.h"
#include "auth/core/server_mac.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "tables/rows/keys.h"

namespace authd::auth {
namespace {

// random (16), time (8), bits (1), MAC (32)
constexpr size_t kRandomBytes = 16;
constexpr size_t kTimeBytes = 8;
constexpr size_t kBodyBytes = kRandomBytes + kTimeBytes + 1;
constexpr size_t kMacBytes = 32;
constexpr size_t kMaxNumber = 20;  // digits
// The rate may rise while a client works.
constexpr unsigned kSlackBits = 2;

std::string mac_of(const Services& s, std::string_view body) {
  return server_mac(s, "proof of work", body);
}

// The numbers of a challenge of ours.
struct Challenge {
  Time end;
  unsigned bits = 0;
};

std::optional<Challenge> read_challenge(const Services& s, std::string_view text) {
  const auto bytes = base64url_decode(text);
  if (!bytes || bytes->size() != kBodyBytes + kMacBytes) return std::nullopt;
  const std::string_view body = std::string_view(*bytes).substr(0, kBodyBytes);
  if (!equal_constant_time(mac_of(s, body), bytes->substr(kBodyBytes))) return std::nullopt;
  const uint64_t made = tables::from_big_endian(body.substr(kRandomBytes, kTimeBytes));
  return Challenge{Time(Milliseconds(static_cast<int64_t>(made))) + kWorkLife,
                   static_cast<uint8_t>(body.back())};
}

unsigned zero_bits(std::string_view hash) {
  unsigned bits = 0;
  for (const char c : hash) {
    const auto byte = static_cast<uint8_t>(c);
    bits += static_cast<unsigned>(std::countl_zero(byte));
    if (byte != 0) break;
  }
  return bits;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNumber &&
         std::all_of(text.begin(), text.end(), is_digit);
}

// Whoever limits nothing does not want this either.
config::ProofOfWork setting_of(const config::Config& config) {
  using config::ProofOfWork;
  const ProofOfWork setting = config.signup.proof_of_work;
  const bool is_off = setting == ProofOfWork::automatic && !config.rate_limit.enabled;
  return is_off ? ProofOfWork::off : setting;
}

Error work_required() {
  return refused(ErrorCode::forbidden, "proof_of_work_required",
                 "There are many such requests at the moment, so this needs a proof of work: see "
                 "GET /api/v1/auth/work.");
}

}  // namespace

int64_t WorkMeter::second_of(SteadyTime now) {
  return std::chrono::duration_cast<Seconds>(now.time_since_epoch()).count();
}

void WorkMeter::count(SteadyTime now) {
  const int64_t second = second_of(now);
  const size_t place = static_cast<size_t>(second) % kSeconds;
  const std::lock_guard lock(mutex_);
  if (seconds_[place] != second) counts_[place] = 0;
  seconds_[place] = second;
  counts_[place] += 1;
}

uint64_t WorkMeter::in_last_minute(SteadyTime now) const {
  const int64_t first = second_of(now) - static_cast<int64_t>(kSeconds) + 1;
  uint64_t sum = 0;
  const std::lock_guard lock(mutex_);
  for (size_t place = 0; place < kSeconds; ++place) {
    if (seconds_[place] >= first) sum += counts_[place];
  }
  return sum;
}

unsigned work_bits(config::ProofOfWork setting, uint64_t per_minute) {
  if (setting == config::ProofOfWork::off) return 0;
  const uint64_t over = per_minute / kFreeOfWork;
  if (over == 0) return setting == config::ProofOfWork::always ? kMinWorkBits : 0;
  return std::min(kMinWorkBits + static_cast<unsigned>(std::bit_width(over)) - 1, kMaxWorkBits);
}

WorkAsked ask_for_work(const Services& s, const WorkMeter& meter) {
  const uint64_t rate = meter.in_last_minute(s.clock.steady_now());
  const unsigned bits = work_bits(setting_of(s.config), rate);
  if (bits == 0) return {};
  std::string bytes = s.random.bytes(kRandomBytes) + tables::big_endian(s.clock.now());
  bytes += static_cast<char>(bits);
  bytes += mac_of(s, bytes);
  return {base64url_encode(bytes), bits};
}

Result<void> check_work(const Services& s, WorkMeter& meter, std::string_view proof) {
  const SteadyTime steady = s.clock.steady_now();
  const unsigned needed = work_bits(setting_of(s.config), meter.in_last_minute(steady));
  if (needed > 0) {
    const size_t dot = std::min(proof.find('.'), proof.size());
    const auto challenge = read_challenge(s, proof.substr(0, dot));
    const Time now = s.clock.now();
    const bool is_proof = challenge && is_in_life(challenge->end, kWorkLife, now) &&
                          challenge->bits + kSlackBits >= needed && dot < proof.size() &&
                          is_number(proof.substr(dot + 1)) &&
                          zero_bits(crypto::sha256(proof)) >= challenge->bits;
    if (!is_proof) return work_required();
    // Of the challenge, or one challenge would do for several numbers.
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      if (use_once(tx, once::kWork, proof.substr(0, dot), challenge->end)) return {};
      return work_required();
    }));
  }
  meter.count(steady);
  return {};
}

}  // namespace authd::auth
