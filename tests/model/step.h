// One step of a script against the server: a request, or something that happens to it. A step names
// what it uses by the step that created it ("the refresh token of step 12"), so a script is
// readable and still makes sense after steps are removed.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace authd::model {

enum class Op {
  sign_up,           // user, password
  log_in,            // user, password, code
  basic_login,       // user, password: GET /auth/verify
  answer_challenge,  // subject: a challenge; code
  refresh,           // subject: a refresh token
  refresh_forged,    // a made-up token
  log_out,           // subject: a refresh token
  log_out_bearer,    // subject: an access token, as for all below until the next blank line
  log_out_all,
  list_sessions,
  end_session,  // object: a session
  show_me,
  verify,
  try_admin,
  introspect_access,
  revoke_access,
  reauthenticate,   // password, or code
  change_password,  // password, new_password
  begin_totp,
  confirm_totp,  // code
  remove_totp,
  renew_codes,
  add_key,     // seconds: its life; flag: with the scope verify, else profile:read
  revoke_key,  // object: a key
  list_grants,
  end_grant,  // object: a grant, named by the step that got its code
  list_consents,
  withdraw_consent,  // object: a client
  delete_me,

  introspect_refresh,  // subject: a refresh token
  revoke_refresh,
  forgot_password,      // user
  resend_verification,  // user
  send_link,            // user
  send_code,            // user
  reset_password,       // subject: a mailed link of any kind; new_password
  verify_email,         // subject: a mailed link of any kind; flag: with the password
  follow_link,          // subject: a mailed link of any kind; flag: from the browser that asked
  use_code,             // user; object: the step that sent the code, or -1: a wrong one
  verify_key,           // subject: an API key
  show_me_by_key,

  admin_disable,  // subject: an account, as for all below
  admin_enable,
  admin_delete,
  admin_log_out,
  admin_reset_factors,
  admin_unlock,
  admin_grant,
  admin_revoke,

  rotate_keys,

  sign_in_browser,   // user, password, code: a session with a cookie
  sign_out_browser,  // subject: such a session
  authorize,         // subject: such a session; object: a client; flag: with offline_access
  answer_request,    // subject: a request that has led to the consent page; object: the session
                     // of a browser; flag: to allow it
  go_on,             // subject: the same; object: the session of a browser

  // A client calls: object; code: its secret, by the step that created it, or a wrong one.
  exchange_code,       // subject: a grant, whose code this is; flag: with the right verifier
  refresh_grant,       // subject: the step that got the tokens, as for all below
  introspect_grant,    // flag: the refresh token, else the access token
  revoke_grant_token,  // flag: the same
  ask_userinfo,        // by nobody but the access token

  add_client,      // user: one of the kinds
  disable_client,  // object: a client, as for all below
  enable_client,
  delete_client,
  add_secret,
  revoke_secret,  // subject: the step that created the secret

  sweep,    // the background jobs
  advance,  // seconds
};

// A second factor, or the secret of a client.
struct Code {
  enum class Kind { none, wrong, totp, recovery, secret } kind = Kind::none;
  int source = -1;  // the step that created the secret, or the recovery codes
  int variant = 0;  // of a TOTP: periods from now; of recovery codes: which one
};

struct Step {
  Op op = Op::advance;
  int name = 0;  // unique in its script
  int user = 0;  // one of a few names to sign up with, and again after the account is deleted
  int subject = -1;
  int object = -1;
  int password = 0;
  int new_password = 0;
  Code code;
  int address = 0;  // of the client
  int64_t seconds = 0;
  bool flag = false;  // a login: with the email, not the username
};

// Steps that run concurrently; mostly one.
using Round = std::vector<Step>;
using Script = std::vector<Round>;

// What came back, as far as the model can know it. Facts are everything else to see, sorted.
struct Answer {
  int status = 0;
  std::string error;  // its code
  std::multiset<std::string> facts;
  int or_status = 0;  // only in the model: may be this as well

  bool is_accepted() const { return status < 400; }
};

std::string_view name_of(Op op);
std::string text_of(const Step& step);
std::string text_of(const Answer& answer);
// Whether the server's answer is that of the model.
bool fits(const Answer& expected, const Answer& got);

}  // namespace authd::model
