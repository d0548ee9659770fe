#include "auth/upkeep/state/apply.h"

#include "auth/accounts/roles/role_removal.h"
#include "auth/oauth/clients/resources.h"
#include "auth/sessions/roles.h"
#include "base/text.h"

namespace authd::auth::state {
namespace {

// What a step came to.
struct Done {
  std::optional<Mark> mark;  // of the thing, if it is there now
  ClientSecret secret;
};

Result<Done> make(const Services& s, const Declarations& declared, const Step& step,
                  const Origin& origin) {
  Done done;
  switch (step.kind) {
    case Kind::role:
      done.mark = mark_of(TRY(put_role(s, declared.roles[step.index].wanted, origin)).row);
      break;
    case Kind::resource:
      done.mark = mark_of(TRY(put_resource(s, declared.resources[step.index].wanted, origin)).row);
      break;
    case Kind::client: {
      PutClient made = TRY(put_client(s, declared.clients[step.index].wanted, origin));
      done.mark = mark_of(made.put.row);
      done.secret = std::move(made.secret);
      break;
    }
    case Kind::user:
      done.mark = mark_of(TRY(put_account(s, declared.users[step.index].wanted, origin)).row.user);
      break;
  }
  return done;
}

// Whether somebody was faster.
Result<void> or_gone(Result<void> removed) {
  if (!removed && removed.error().code == ErrorCode::not_found) return {};
  return removed;
}

Result<void> remove(const Services& s, const Step& step, const Origin& origin) {
  switch (step.kind) {
    case Kind::role: {
      const Result<uint64_t> count = delete_role(s, step.name, origin);
      return or_gone(count ? Result<void>() : Result<void>(count.error()));
    }
    case Kind::resource: return or_gone(delete_resource(s, step.name, origin));
    case Kind::client: return or_gone(delete_client(s, step.name, origin));
    case Kind::user:
      return or_gone(delete_account(s, UserId{parse_unsigned(step.mark->id).value_or(0)}, origin));
  }
  __builtin_unreachable();
}

Error stopped_at(const Step& step, size_t done, size_t all, Error error) {
  const std::string member = error.field.empty() ? "" : ", " + error.field;
  error.message = "stopped at " + std::string(word_of(step.kind)) + " " + shown(step.name) +
                  member + ": " + error.message + "\n" + std::to_string(done) + " of " +
                  std::to_string(all) +
                  " changes are done; correct this, and run the command again";
  return error;
}

// Marks what the files have now, as far as it is done.
class Marker {
 public:
  explicit Marker(const Services& s) : s_(s) {}

  Result<void> add(const std::optional<Mark>& mark) {
    if (mark) marks_.push_back(*mark);
    return marks_.size() < tables::kWriteBudget ? Result<void>() : write();
  }
  void gone(const std::optional<Mark>& mark) {
    if (mark) gone_.push_back(*mark);
  }
  Result<void> write() {
    TRY(put_marks(s_, marks_));
    TRY(remove_marks(s_, gone_));
    marks_.clear();
    gone_.clear();
    return {};
  }

 private:
  const Services& s_;
  std::vector<Mark> marks_;
  std::vector<Mark> gone_;
};

Result<void> do_steps(const Services& s, const Declarations& declared, const Plan& plan,
                      const Origin& origin, Told told, Marker& marker) {
  const size_t all = plan.steps.size() - plan.count(Action::keep);
  size_t count = 0;
  for (const Step& step : plan.steps) {
    if (step.action == Action::keep) {
      if (!step.is_marked) TRY(marker.add(step.mark));
      continue;
    }
    Done done;
    if (step.action == Action::remove) {
      const Result<void> removed = remove(s, step, origin);
      if (!removed) return stopped_at(step, count, all, removed.error());
      marker.gone(step.mark);
    } else {
      Result<Done> made = make(s, declared, step, origin);
      if (!made) return stopped_at(step, count, all, made.error());
      done = std::move(*made);
    }
    ++count;
    told(step, done.secret.reveal());
    const bool is_known = step.is_marked && done.mark == step.mark;
    if (done.mark && !is_known) TRY(marker.add(done.mark));
  }
  return {};
}

}  // namespace

Result<void> apply_plan(const Services& s, const Declarations& declared, const Plan& plan,
                        const Origin& origin, Told told) {
  Marker marker(s);
  const Result<void> done = do_steps(s, declared, plan, origin, told, marker);
  // What was done before a failure is marked as well.
  const Result<void> marked = marker.write();
  if (!done) return done;
  TRY(marked);
  return remove_marks(s, plan.stale);
}

}  // namespace authd::auth::state
