#include "auth/oauth/memory/outcomes.h"

#include <algorithm>

namespace authd::auth {
namespace {

template <typename List>
size_t place_in(const List& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? words.size() - 1 : static_cast<size_t>(found - words.begin());
}

// The long names are long labels.
std::string_view short_name(std::string_view grant_type) {
  if (grant_type == kDeviceGrant) return kShortDeviceGrant;
  if (grant_type == kExchangeGrant) return kShortExchangeGrant;
  return contains(kGrantTypes, grant_type) ? grant_type : kOtherWord;
}

}  // namespace

void Outcomes::count_token_answer(std::string_view grant_type, std::string_view error) {
  const size_t grant = place_in(kCountedGrants, short_name(grant_type));
  const size_t outcome = place_in(kTokenOutcomes, error.empty() ? kIssuedOutcome : error);
  answers_[grant][outcome].fetch_add(1, std::memory_order_relaxed);
}

void Outcomes::count_refusal(std::string_view reason) {
  refusals_[place_in(kRefusalReasons, reason)].fetch_add(1, std::memory_order_relaxed);
}

uint64_t Outcomes::token_answers(size_t grant, size_t outcome) const {
  return answers_[grant][outcome].load(std::memory_order_relaxed);
}

uint64_t Outcomes::refusals(size_t reason) const {
  return refusals_[reason].load(std::memory_order_relaxed);
}

}  // namespace authd::auth
