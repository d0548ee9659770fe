#include "auth/upkeep/state/plan.h"

#include <algorithm>
#include <set>

#include "auth/accounts/roles/last_admin.h"
#include "auth/oauth/clients/resources.h"
#include "auth/oauth/protocol/words.h"
#include "auth/sessions/roles.h"
#include "base/text.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth::state {
namespace {

Action action_of(PutOutcome outcome) {
  switch (outcome) {
    case PutOutcome::made: return Action::add;
    case PutOutcome::changed: return Action::change;
    case PutOutcome::same: return Action::keep;
  }
  __builtin_unreachable();
}

std::string name_of(const tables::User& user) {
  return user.username.empty() ? user.email : user.username;
}

// Looks at all declared things in one state of the store.
class Look {
 public:
  Look(const Services& s, store::ReadTxn& tx, const Declarations& declared, Problems& problems)
      : s_(s), tx_(tx), declared_(declared), problems_(problems) {
    for (const auto& role : declared.roles)
      expected_.roles.push_back(role.name);
    for (const auto& resource : declared.resources)
      expected_.resources.push_back(resource.name);
  }

  std::vector<Step> steps() {
    each(Kind::role, declared_.roles,
         [&](const tables::Role& wanted) { return look_at_role(tx_, wanted); });
    each(Kind::resource, declared_.resources,
         [&](const tables::Resource& wanted) { return look_at_resource(s_, tx_, wanted); });
    for (size_t i = 0; i < declared_.clients.size(); ++i)
      look_at_client(i);
    for (size_t i = 0; i < declared_.users.size(); ++i)
      look_at_user(i);
    // Whoever becomes an administrator does so before another one ceases to be it.
    std::stable_sort(steps_.begin(), steps_.end(),
                     [&](const Step& a, const Step& b) { return rank(a) < rank(b); });
    return std::move(steps_);
  }

  const std::vector<size_t>& ended_admins() const { return ended_admins_; }  // of the users
  bool has_admin() const { return has_admin_; }  // among the declared, who is not ended

 private:
  template <typename Row>
  void add_step(Kind kind, const std::string& name, size_t index, const Put<Row>& put,
                std::vector<MemberDiff> members, std::optional<Mark> mark) {
    Step step{kind, name, action_of(put.outcome), std::move(members), index, std::move(mark),
              false};
    step.is_marked = step.mark && is_marked(tx_, *step.mark);
    steps_.push_back(std::move(step));
  }

  template <typename Row, typename LookAt>
  void each(Kind kind, const std::vector<Declared<Row>>& all, LookAt look_at) {
    for (size_t i = 0; i < all.size(); ++i) {
      const Result<Put<Row>> put = look_at(all[i].wanted);
      if (!put) {
        problems_.add(all[i].source, kind, all[i].name, put.error());
        continue;
      }
      const Row* before = put->before ? &*put->before : nullptr;
      add_step(kind, all[i].name, i, *put, differences(before, put->row),
               before == nullptr ? std::nullopt : std::optional(mark_of(*before)));
    }
  }

  void look_at_client(size_t index) {
    const Declared<WantedClient>& one = declared_.clients[index];
    const Result<PutClient> look = auth::look_at_client(s_, tx_, one.wanted, expected_);
    if (!look) return problems_.add(one.source, Kind::client, one.name, look.error());
    const Put<tables::Client>& put = look->put;
    const tables::Client* before = put.before ? &*put.before : nullptr;
    std::vector<MemberDiff> members = differences(before, put.row);
    if (look->has_new_secret) members.push_back({"secret", std::nullopt, std::nullopt, true});
    add_step(Kind::client, one.name, index, put, std::move(members),
             before == nullptr ? std::nullopt : std::optional(mark_of(*before)));
  }

  void look_at_user(size_t index) {
    const Declared<WantedAccount>& one = declared_.users[index];
    const auto put = look_at_account(s_, tx_, one.wanted, expected_.roles);
    if (!put) return problems_.add(one.source, Kind::user, one.name, put.error());
    check_names(one, put->row.user);
    if (ends_an_admin(*put)) ended_admins_.push_back(index);
    const bool is_admin = contains(put->row.roles, kAdminRole) && !put->row.user.disabled;
    has_admin_ = has_admin_ || is_admin;
    if (is_admin) admins_.insert(index);
    const AccountState* before = put->before ? &*put->before : nullptr;
    add_step(Kind::user, one.name, index, *put, differences(before, put->row),
             before == nullptr ? std::nullopt : std::optional(mark_of(before->user)));
  }

  // Two new accounts must not have one address.
  void check_names(const Declared<WantedAccount>& one, const tables::User& user) {
    for (const auto& [field, text] : {std::pair("email", tables::fold(user.email)),
                                      std::pair("phone_number", user.phone_number)}) {
      if (text.empty()) continue;
      const auto [found, is_new] =
          names_.try_emplace(std::string(field) + " " + text, one.source.place_of(field));
      if (is_new) continue;
      problems_.add(
          one.source, Kind::user, one.name,
          Error{ErrorCode::invalid, "another user has it as well: " + found->second, field});
    }
  }

  int rank(const Step& step) const {
    const int kind = static_cast<int>(step.kind) * 2;
    return step.kind == Kind::user && !admins_.contains(step.index) ? kind + 1 : kind;
  }

  const Services& s_;
  store::ReadTxn& tx_;
  const Declarations& declared_;
  Problems& problems_;
  ExpectedNames expected_;
  std::vector<Step> steps_;
  std::vector<size_t> ended_admins_;
  std::set<size_t> admins_;
  std::map<std::string, std::string> names_;
  bool has_admin_ = false;
};

// The marked thing as a step that removes it; nullopt if it is gone, or if it is another one.
std::optional<Step> find_marked(store::ReadTxn& tx, const Mark& mark) {
  Step step{mark.kind, mark.id, Action::remove, {}, 0, std::nullopt, true};
  switch (mark.kind) {
    case Kind::role: {
      const auto role = tables::find_role(tx, RoleId{parse_unsigned(mark.id).value_or(0)});
      if (!role) return std::nullopt;
      step.name = role->name;
      step.mark = mark_of(*role);
      break;
    }
    case Kind::resource: {
      const auto resource = tables::resources.find(tx, mark.id);
      if (!resource) return std::nullopt;
      step.mark = mark_of(*resource);
      break;
    }
    case Kind::client: {
      const auto client = find_client(tx, mark.id);
      if (!client) return std::nullopt;
      step.mark = mark_of(*client);
      if (client->configured) step.action = Action::keep;
      break;
    }
    case Kind::user: {
      const auto user = tables::find_user(tx, UserId{parse_unsigned(mark.id).value_or(0)});
      if (!user) return std::nullopt;
      step.name = name_of(*user);
      step.mark = mark_of(*user);
      break;
    }
  }
  const bool is_built_in =
      mark.kind == Kind::role && (step.name == kUserRole || step.name == kAdminRole);
  if (is_built_in) step.action = Action::keep;
  if (step.mark != mark) return std::nullopt;
  return step;
}

// What goes, users first: the opposite of the order in which things are made.
void add_removals(store::ReadTxn& tx, const Declarations& declared, Plan& plan) {
  std::vector<Step> removals;
  std::set<std::pair<Kind, std::string>> in_files;
  for (const Step& step : plan.steps) {
    if (step.mark) in_files.emplace(step.kind, step.mark->id);
  }
  for (const Mark& mark : all_marks(tx)) {
    const std::optional<Step> step = find_marked(tx, mark);
    if (!step) plan.stale.push_back(mark);
    const bool goes =
        step && step->action == Action::remove && !in_files.contains({mark.kind, mark.id}) &&
        std::find(declared.kinds.begin(), declared.kinds.end(), mark.kind) != declared.kinds.end();
    if (goes) removals.push_back(*step);
  }
  std::stable_sort(removals.begin(), removals.end(),
                   [](const Step& a, const Step& b) { return a.kind > b.kind; });
  std::move(removals.begin(), removals.end(), std::back_inserter(plan.steps));
}

bool is_removed(const Plan& plan, Kind kind, const std::string& name) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step& step) {
    return step.action == Action::remove && step.kind == kind && step.name == name;
  });
}

// What the files themselves name must not go.
void check_removals(const Declarations& declared, const Plan& plan, Problems& problems) {
  const auto check = [&](const auto& one, Kind kind, Kind other, std::string_view field,
                         const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (!is_removed(plan, other, name)) continue;
      const std::string message = std::string(word_of(other)) + " " + shown(name) +
                                  " is not in the files, so --prune would remove it";
      problems.add(one.source, kind, one.name,
                   Error{ErrorCode::invalid, message, std::string(field)});
    }
  };
  for (const auto& user : declared.users)
    check(user, Kind::user, Kind::role, "roles",
          user.wanted.roles.value_or(std::vector<std::string>{}));
  for (const auto& client : declared.clients) {
    for (const ClientChange& change : client.wanted.members) {
      const auto* names = std::get_if<std::vector<std::string>>(&change.value);
      if (names == nullptr) continue;
      if (change.name == "roles") check(client, Kind::client, Kind::role, "roles", *names);
      if (change.name == "resources")
        check(client, Kind::client, Kind::resource, "resources", *names);
    }
  }
}

void check_counts(store::ReadTxn& tx, const Plan& plan, Problems& problems) {
  const auto check = [&](Kind kind, const auto& table, size_t most) {
    size_t count = 0;
    table.scan(tx, "", "", [&](std::string_view, const auto&) { return ++count <= most; });
    for (const Step& step : plan.steps)
      count += step.kind == kind && step.action == Action::add;
    if (count <= most) return;
    problems.add(Error{ErrorCode::invalid, "there may be at most " + std::to_string(most) + " " +
                                               std::string(section_of(kind))});
  };
  check(Kind::role, tables::roles, kMaxRoles);
  check(Kind::resource, tables::resources, kMaxResourceRows);
  check(Kind::client, tables::clients, kMaxClients);
}

// Unless the files have an administrator who stays, somebody else has to.
Result<void> check_admins(const Services& s, const Declarations& declared, const Plan& plan,
                          const std::vector<size_t>& ended, Problems& problems) {
  for (const Step& step : plan.steps) {
    const bool is_ended = step.kind == Kind::user &&
                          (step.action == Action::remove ||
                           (step.action == Action::change &&
                            std::find(ended.begin(), ended.end(), step.index) != ended.end()));
    if (!is_ended || !step.mark) continue;
    const UserId id{parse_unsigned(step.mark->id).value_or(0)};
    const auto witness = find_admin_witness(s, id, LastAdmin::stays);
    if (witness) continue;
    if (witness.error().name != "last_administrator") return witness.error();
    const Source none;
    problems.add(step.action == Action::remove ? none : declared.users[step.index].source,
                 Kind::user, step.name, witness.error());
  }
  return {};
}

}  // namespace

size_t Plan::count(Action action) const {
  return static_cast<size_t>(std::count_if(
      steps.begin(), steps.end(), [&](const Step& step) { return step.action == action; }));
}

Result<Plan> make_plan(const Services& s, const Declarations& declared, bool prunes) {
  Problems problems;
  std::vector<size_t> ended;
  bool has_admin = false;
  const Plan plan = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Plan> {
    Look look(s, tx, declared, problems);
    Plan made;
    made.steps = look.steps();
    ended = look.ended_admins();
    has_admin = look.has_admin();
    if (prunes) add_removals(tx, declared, made);
    check_counts(tx, made, problems);
    return made;
  }));
  check_removals(declared, plan, problems);
  if (!has_admin) TRY(check_admins(s, declared, plan, ended, problems));
  if (!problems.empty()) return problems.error();
  return plan;
}

}  // namespace authd::auth::state
