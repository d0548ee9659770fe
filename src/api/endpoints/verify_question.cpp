#include "api/endpoints/verify_question.h"

#include <algorithm>
#include <array>

namespace authd::api {
namespace {

constexpr std::string_view kNoRule = "-";

struct KnownRule {
  std::string_view name;
  bool is_list;  // a list of names, one of which must match
};

constexpr std::array kKnownRules = {KnownRule{"role", true},   KnownRule{"permission", true},
                                    KnownRule{"scope", true},  KnownRule{"client", true},
                                    KnownRule{"aud", true},    KnownRule{"redirect", false},
                                    KnownRule{"basic", false}, KnownRule{"preflight", false}};

Result<void> add_rule(VerifyQuestion& question, std::string_view name, std::string_view value) {
  const auto known = std::find_if(kKnownRules.begin(), kKnownRules.end(),
                                  [&](const KnownRule& one) { return one.name == name; });
  if (known == kKnownRules.end()) {
    return Error{
        ErrorCode::malformed,
        "There is no rule with this name; the rules are role, permission, scope, client, aud, "
        "redirect, basic and preflight.",
        std::string(name.substr(0, 64))};
  }
  if (question.rule(name) || (known->is_list && value.empty())) {
    return Error{ErrorCode::malformed, "One " + std::string(name) + "= with a value is needed.",
                 std::string(name)};
  }
  question.rules.emplace_back(name, value);
  return {};
}

// The rest of the target after this many segments, as sent: "/original/path?and=query". Encoded
// slashes were refused earlier (http/wire/head.h), so the segments are those of the route.
std::string_view behind_segments(std::string_view target, size_t count) {
  size_t at = 0;
  for (size_t i = 0; i < count && at != std::string_view::npos; ++i)
    at = target.find('/', at + 1);
  return at == std::string_view::npos ? "" : target.substr(at);
}

}  // namespace

bool VerifyQuestion::allows(std::string_view name, const std::vector<std::string>& held) const {
  const auto list = rule(name);
  if (!list) return true;
  std::string_view rest = *list;
  while (true) {
    const size_t comma = rest.find(',');
    if (std::find(held.begin(), held.end(), rest.substr(0, comma)) != held.end()) return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 1);
  }
}

std::optional<std::string_view> VerifyQuestion::rule(std::string_view name) const {
  const auto it =
      std::find_if(rules.begin(), rules.end(), [&](const auto& one) { return one.first == name; });
  return it == rules.end() ? std::nullopt : std::optional(it->second);
}

Result<VerifyQuestion> question_by_query(const http::Request& request) {
  VerifyQuestion question;
  for (const auto& [name, value] : request.queries())
    TRY(add_rule(question, name, value));
  if (request.header_count("x-forwarded-method") == 1) {
    question.method = request.header("x-forwarded-method").value_or("");
  }
  question.host = request.host;
  if (request.header_count("x-forwarded-uri") == 1) {
    question.uri = request.header("x-forwarded-uri").value_or("");
  }
  return question;
}

Result<VerifyQuestion> question_by_path(const http::Request& request) {
  VerifyQuestion question;
  std::string_view rest = request.param("rules");
  while (rest != kNoRule) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const size_t equals = std::min(pair.find('='), pair.size());
    TRY(add_rule(question, pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size()))));
    if (pair.size() == rest.size()) break;
    rest.remove_prefix(pair.size() + 1);
  }
  question.method = http::name(request.method);
  question.host = request.header("host").value_or("");
  question.uri = behind_segments(request.target, 3);  // "/auth", "/ext_authz", the rules
  return question;
}

}  // namespace authd::api
