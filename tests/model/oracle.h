// What authd promises, as a program of a page and a half per subject: accounts, sessions and tokens
// in maps, one step after the other. Written from the promises (docs/, man/authd.toml.5 and the
// headers of auth/), not from the code; it includes nothing of the server.
//
// What ends together is said by what ends ("all sessions of the account but this one"), where the
// server counts epochs and generations.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/step.h"

namespace authd::model {

// Seconds since 1970 at the first step.
inline constexpr int64_t kStart = 1'800'000'000;

struct Account {
  int user = 0;
  bool is_there = true;
  int password = -1;  // -1: none
  int hash = 0;       // another one whenever a password is set
  bool is_verified = false;
  bool is_alone =
      false;  // verified by the mailbox alone: whoever made the account may not be its owner
  bool is_claim = true;  // nobody knows yet whose it is: no address proved, no role given
  bool is_disabled = false;
  bool is_admin = false;
  int candidate = -1;  // the step that made the secret, before its first code
  int secret = -1;     // and after it: there is a second factor
  int64_t last_period = 0;
  int recovery = -1;  // the step that made the codes
  std::set<int> used_codes;

  // Whether whoever has the password is known to have the mailbox.
  bool is_known() const { return is_verified && !is_alone; }

  bool operator==(const Account&) const = default;
};

struct Session {
  int account = 0;
  int64_t created = 0;
  int64_t rotated = 0;
  int64_t expires = 0;
  int64_t proved = 0;
  int generation = 1;
  bool is_there = true;
  bool is_cut = false;              // ended together with others
  std::map<int, int> first_answer;  // generation → the step that got its refresh token first
  bool is_browser = false;          // has a cookie, and no tokens
  int64_t seen = -1;                // its last use, until a job writes that down

  bool operator==(const Session&) const = default;
};

struct Access {
  int session = 0;
  int64_t expires = 0;
  bool is_revoked = false;

  bool operator==(const Access&) const = default;
};

struct Refresh {
  int session = 0;
  int generation = 0;

  bool operator==(const Refresh&) const = default;
};

enum class LinkKind { verify, reset, magic };

struct Link {
  LinkKind kind = LinkKind::verify;
  int account = 0;
  int64_t expires = 0;
  bool is_there = true;
  bool is_cut = false;

  bool operator==(const Link&) const = default;
};

struct Challenge {
  int account = 0;
  int64_t expires = 0;
  int tries = 0;
  bool is_there = true;
  bool is_cut = false;
  bool is_by_password = false;

  bool operator==(const Challenge&) const = default;
};

// The code that was mailed last to an address, for whoever asked from one place.
struct MailedCode {
  std::set<int> names;  // the steps that sent it
  int account = -1;
  int64_t made = 0;
  int64_t expires = 0;
  int tries = 0;
  bool is_open = false;
  bool is_cut = false;

  bool operator==(const MailedCode&) const = default;
};

struct Key {
  int account = 0;
  bool is_for_verify = false;  // else for profile:read
  int64_t expires = 0;
  bool is_there = true;

  bool operator==(const Key&) const = default;
};

// An application. Its secrets are named by the steps that created them.
struct Client {
  bool skips_consent = false;
  bool is_for_admins = false;
  bool always_refreshes = false;
  bool is_there = true;
  bool is_disabled = false;
  std::set<int> secrets;

  bool operator==(const Client&) const = default;
};

// An authorization request that has led to the consent page.
struct Wish {
  int client = 0;
  bool is_offline = false;
  int64_t asked = 0;
  bool is_allowed = false;  // or else denied, if anybody has answered
  int answered_by = -1;     // the browser session

  bool operator==(const Wish&) const = default;
};

// What a person has allowed a client, from the code on.
struct Grant {
  int account = 0;
  int client = 0;
  int browser = -1;  // the session in which it was allowed
  int session = -1;  // the same; -1: outlives it as soon as it is open (offline_access)
  bool is_offline = false;
  int64_t created = 0;
  int64_t expires = 0;
  int64_t rotated = 0;
  int generation = 0;         // of the refresh token; 0: none
  bool is_open = false;       // the code was exchanged
  bool is_code_known = true;  // so that a second use of it is noticed
  bool is_there = true;
  bool is_cut = false;
  std::map<int, int> first_answer;

  bool operator==(const Grant&) const = default;
};

struct GrantAccess {
  int grant = 0;
  int64_t expires = 0;
  bool is_revoked = false;

  bool operator==(const GrantAccess&) const = default;
};

struct GrantRefresh {
  int grant = 0;
  int generation = 0;

  bool operator==(const GrantRefresh&) const = default;
};

// Failures, or mails, that are counted under one key.
struct Count {
  int failures = 0;
  int64_t expires = 0;
  int64_t blocked_until = 0;

  bool operator==(const Count&) const = default;
};

class Oracle {
 public:
  // Without counting, failures and mails block nobody: of tries side by side it depends on who came
  // first under which name a failure counts.
  explicit Oracle(bool is_counting) : is_counting_(is_counting) {}

  // Whether what the step uses was ever made.
  bool knows(const Step& step) const;
  // What the server has to answer; takes the step.
  Answer take(const Step& step);
  // The same for one that was let in before others ended its own session: what it came for still
  // happens.
  Answer take_let_in(const Step& step);
  // Whether the access token of the step is good now, or its cookie.
  bool lets_in(const Step& step) const;
  // Whether both promise the same from here on.
  bool operator==(const Oracle&) const = default;

  // For who makes scripts.
  int find_account(int user) const;  // -1: none
  bool is_alive(int session) const;
  bool is_good(const Access& access) const;
  int alive_sessions(int account) const;
  const std::map<int, Account>& accounts() const { return accounts_; }
  const std::map<int, Session>& sessions() const { return sessions_; }
  const std::map<int, Access>& accesses() const { return accesses_; }
  const std::map<int, Refresh>& refreshes() const { return refreshes_; }
  const std::map<int, Link>& links() const { return links_; }
  const std::map<int, Challenge>& challenges() const { return challenges_; }
  const std::map<std::pair<int, int>, MailedCode>& codes() const { return codes_; }
  const std::map<int, Key>& keys() const { return keys_; }
  const std::map<int, Client>& clients() const { return clients_; }
  const std::map<int, Wish>& wishes() const { return wishes_; }
  const std::map<int, Grant>& grants() const { return grants_; }
  const std::map<int, GrantAccess>& grant_accesses() const { return grant_accesses_; }
  const std::map<int, GrantRefresh>& grant_refreshes() const { return grant_refreshes_; }
  bool is_grant_alive(int grant) const;
  // How many codes of the account and client wait to be exchanged.
  int waiting_grants(int account, int client) const;
  // How many grants the client has by the session of a browser.
  int open_grants(int session, int client) const;

 private:
  using Try = std::vector<std::string>;  // the keys under which a failure counts

  // oracle_guesses.cpp
  Try try_of(int address) const;
  Try try_of(int address, int account, const std::string& name) const;
  Try try_of_account(int address, int account) const;
  Try try_of_session(int session) const;
  bool is_blocked(const Try& keys) const;
  Answer refuse(const Try& keys, int status, std::string error);
  void forget(const Try& keys, int account);
  void forget_all(int address, int account);
  bool may_mail(const std::string& what, char kind = 'm');
  const Count* find_count(const std::string& key) const;
  bool is_barred(int account) const;
  bool use_factor(Account& account, const Code& code);
  std::array<std::string, 2> wrong_factors_of(int account, int address) const;
  void warn_of_wrong_factor(Answer& answer, int account, int address);
  void take_back_wrong_factors(int account, int address);
  void tell_of_recovery(Answer& answer, const Code& code, int account) const;
  bool use_totp(int secret, Account& account, const Code& code);

  // oracle_sessions.cpp
  bool is_fresh(const Session& session) const { return session.proved + 15 * 60 > now_; }
  void add_tokens(Answer& answer, int name, int session);
  Answer start_session(int name, int account, int status = 200);
  Answer finish_login(const Step& step, int account, const Try& keys);
  void end_sessions(int account, int kept = -1);
  void write_down(Session& session) const;
  Answer take_refresh(const Step& step);
  Answer take_token_question(const Step& step);
  Answer take_session_step(const Step& step, Session& session);
  Answer end_one_session(const Step& step, const Session& session);

  // oracle_accounts.cpp
  Answer sign_up(const Step& step);
  Answer log_in(const Step& step);
  Answer basic_login(const Step& step);
  Answer answer_challenge(const Step& step);
  Answer reauthenticate(const Step& step, Session& session);
  Answer change_password(const Step& step, Session& session);
  Answer take_factor_step(const Step& step, Session& session);
  Answer take_key_step(const Step& step, Session& session);
  Answer use_key(const Step& step) const;
  Answer take_admin_step(const Step& step);
  void remove(int account);

  // oracle_mails.cpp
  Answer send_mail(const Step& step);
  Answer send_code(const Step& step);
  Answer reset_password(const Step& step);
  Answer verify_email(const Step& step);
  Answer follow_link(const Step& step);
  Answer use_code(const Step& step);
  Answer log_prover_in(const Step& step, int account, const Try& keys);
  bool end_earlier_ways(int account);
  bool has_key(int account) const;
  void remove_keys(int account);
  std::string mail(const char* kind, int account) const;

  // oracle_provider.cpp
  bool knows_of_provider(const Step& step) const;
  bool may_enter(int client, int account) const;
  bool has_consent(int account, int client, bool is_offline) const;
  void use_browser(int session);
  Answer take_browser_step(const Step& step);
  Answer decide(const Step& step, int session, const Wish& wish, bool is_new);
  Answer answer_wish(const Step& step);
  Answer take_account_step(const Step& step, const Session& session);
  Answer take_client_admin_step(const Step& step);

  // oracle_grants.cpp
  bool is_client_let_in(const Step& step) const;
  bool is_good(const GrantAccess& access) const;
  void add_grant_tokens(Answer& answer, int name, int grant);
  Answer take_client_step(const Step& step);
  Answer exchange_code(const Step& step);
  Answer refresh_grant(const Step& step);
  Answer introspect_grant(const Step& step) const;
  Answer revoke_grant_token(const Step& step);
  Answer ask_userinfo(const Step& step) const;

  void sweep();

  bool is_counting_;
  int64_t now_ = 0;  // seconds since the first step
  int hashes_ = 0;
  std::map<int, Account> accounts_;  // by the step that made it, as all of these but codes_
  std::map<int, Session> sessions_;
  std::map<int, Access> accesses_;
  std::map<int, Refresh> refreshes_;
  std::map<int, Link> links_;
  std::map<int, Challenge> challenges_;
  std::map<std::pair<int, int>, MailedCode> codes_;  // by user and address that asked
  std::map<int, Key> keys_;
  std::map<int, Client> clients_;
  std::map<int, Wish> wishes_;
  std::map<int, Grant> grants_;  // by the step that got the code
  std::map<int, GrantAccess> grant_accesses_;
  std::map<int, GrantRefresh> grant_refreshes_;
  // By account and client; true: with offline_access.
  std::map<std::pair<int, int>, bool> consents_;
  std::map<std::string, Count> counts_;
  std::map<int, int64_t> warned_;              // owners of wrong second factors, until when
  std::map<std::string, int64_t> remembered_;  // passwords by Basic, until when
};

}  // namespace authd::model
