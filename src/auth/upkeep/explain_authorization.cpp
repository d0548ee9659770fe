#include "auth/upkeep/explain_authorization.h"

#include <algorithm>

#include "auth/accounts/profile/account_view.h"
#include "auth/core/factor.h"
#include "auth/core/refresh_token.h"
#include "auth/core/ways.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/requests/authorization.h"
#include "auth/oauth/requests/pushed_request.h"
#include "auth/sessions/roles.h"
#include "base/text.h"

namespace authd::auth {
namespace {

// Any S256 challenge.
const std::string kChallenge(43, 'A');

// The parameters of an ordinary request.
Result<Parameters> ordinary_request(const Services& s, const std::string& id) {
  const auto client = TRY(s.store.read([&](store::ReadTxn& tx) {
    return Result<std::optional<tables::Client>>(find_client(tx, id));
  }));
  std::vector<Parameters::Pair> pairs = {{"client_id", id},
                                         {"response_type", "code"},
                                         {"code_challenge", kChallenge},
                                         {"code_challenge_method", "S256"}};
  if (client) {
    std::vector<std::string> scopes = allowed_scopes(*client);
    std::erase(scopes, kOfflineScope);
    pairs.emplace_back("scope", joined(scopes, " "));
    if (!client->redirect_uris.empty()) {
      pairs.emplace_back("redirect_uri", client->redirect_uris.front());
    }
  }
  return Parameters::read(pairs);
}

Result<Parameters> parameters_of(const Services& s, const AuthorizationQuestion& question) {
  if (question.request.empty()) return ordinary_request(s, question.client);
  const size_t mark = question.request.find('?');
  const size_t begin = mark == std::string::npos ? 0 : mark + 1;
  std::string query = question.request.substr(begin);
  std::replace(query.begin(), query.end(), '+', ' ');
  return Parameters::decode(query.substr(0, query.find('#')));
}

// The person as after a login now, with the factors that the account has.
Result<Person> signed_in(const Services& s, const tables::User& user, Time now) {
  auto standing = std::make_shared<Standing>();
  standing->user = user;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    standing->roles.clear();
    standing->permissions.clear();
    load_roles(tx, user, standing->roles, standing->permissions);
    return {};
  }));
  tables::Session session;
  session.id = std::string(kSessionIdBytes, '\0');
  session.user = user.id;
  session.kind = tables::SessionKind::browser;
  session.created_at = now;
  session.auth_time = now;
  session.amr = has_factor(user) ? amr_of(Factor::password, Factor::app) : amr_of(Factor::password);
  standing->behind = std::move(session);
  return Person(std::move(standing), Credential::cookie);
}

std::string verdict_of(const Decision& decision) {
  switch (decision.step) {
    case Step::issue: return "the application gets a code at once";
    case Step::ask:
      return "the person is asked on the consent page, and then the application gets a code";
    case Step::sign_in: return "the person has to sign in again";
    case Step::sign_up: return "the person sees the sign-up page";
    case Step::add_factor: return "the person has to add a second factor, or a passkey, first";
    case Step::stop: return "the person sees a page: " + decision.error.message;
    case Step::refuse:
      return "the application gets the error " + decision.error.name + ": " +
             decision.error.message;
  }
  __builtin_unreachable();
}

}  // namespace

Result<Explanation> explain_authorization(const Services& s,
                                          const AuthorizationQuestion& question) {
  Explanation told;
  const tables::User user = TRY(find_account(s, question.login));
  show_user(told, user);
  TRY(show_recent(s, told, user.id));
  const Parameters parameters = TRY(parameters_of(s, question));
  const Time asked_at = s.clock.now();
  const CarriedRequest carried = begun_request(parameters, asked_at);
  // Whether it would be pushed is not asked: it says the same either way.
  const ReadRequest read = TRY(is_pushed_reference(parameters["request_uri"])
                                   ? read_carried_request(s, carried)
                                   : read_authorization_request(s, parameters, Arrival::pushed));
  const std::string name = read.request.client.name;
  told.what +=
      " at the client " + parameters["client_id"] + (name.empty() ? "" : " (" + name + ")");
  told.says.emplace_back("redirect_uri", read.request.redirect_uri);
  told.says.emplace_back("scopes", joined(read.request.scopes, " "));
  const bool is_right = passes(&told.trace, "request", !read.refusal, [&] {
    if (!read.refusal) return std::string("in order");
    return read.refusal->error.name + ": " + read.refusal->error.message +
           (read.refusal->redirects ? " (reported to the application)" : " (shown on a page)");
  });
  if (!is_right) {
    conclude(told, "");
    return told;
  }
  const Time now = asked_at + Milliseconds(1);
  const Person person = TRY(signed_in(s, user, now));
  const Decision decision =
      TRY(decide(s, {read.request, carried, &person, question.address}, now, &told.trace));
  told.is_accepted = decision.step == Step::issue || decision.step == Step::ask;
  told.verdict = verdict_of(decision);
  return told;
}

}  // namespace authd::auth
