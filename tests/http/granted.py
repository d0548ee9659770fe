"""What people let clients of the provider do, for crash_test.py: a ledger of their grants, beside
that of their sessions (ledger.py).

A grant is there from its code on. Its tokens come with the exchange of the code. It ends when the
client or the person revokes it, when its code comes a second time, and with every session of the
person: after a new password, or when the account is disabled. A lost exchange leaves a grant whose
tokens nobody has; its code does not work again, and ends it."""

import base64
import collections
import copy
import time

from harness import basic
from ledger import KEPT, Account, ask_anything, generation_of
from provider import Browser, RelyingParty, path_of, query_of

SCOPE = "openid offline_access"  # so the grants outlive the browser session that allowed them
# Codes do not expire before they are checked.
FLAGS = ("--server.public-url", "http://localhost:8080", "--provider.code-ttl", "10m")
USED_CODE_LIFE = 15 * 60  # seconds; the server forgets a code a little later (kUsedCodeLife)
# Of one account and client, so that none gives way to a new one (kMaxWaitingGrants).
MOST = 6


class Door:
    """What Browser and RelyingParty need of a server, where each request may raise Unclear."""

    def __init__(self, port):
        self.port = port

    def request(self, method, path, body=None, token=None, headers=None, form=None):
        return ask_anything(self.port, method, path, body, token, headers, form)

    def get(self, path, **kwargs):
        return self.request("GET", path, **kwargs)

    def post(self, path, body=None, **kwargs):
        return self.request("POST", path, body, **kwargs)


class Registration:
    """For RelyingParty, while there is no server: the command works on the data directory."""

    def __init__(self, command):
        self.command = command


def register_clients(command):
    """One that has a secret, and one that has none."""
    return [RelyingParty(Registration(command), "Wiki"),
            RelyingParty(Registration(command), "Spa", public=True)]


def is_refused(reply):
    return reply.status == 400 and reply.json["error"] == "invalid_grant"


class Grant:
    def __init__(self, party, code, browser):
        self.party = party  # with the verifier of this code
        self.code = code
        self.browser = browser  # that is signed in, until the code is exchanged
        self.begun = time.monotonic()
        self.exchange = "open"  # or "done"; "unclear" when there was no answer
        self.access = []
        self.refresh = []
        self.state = "live"  # as of a Session
        self.is_removed = False  # ended for itself, and not with all sessions of the person
        self.consent_before = None  # while its end by the person is unclear

    @property
    def id(self):
        raw = base64.urlsafe_b64decode(self.refresh[-1] + "=" * (-len(self.refresh[-1]) % 4))
        return base64.urlsafe_b64encode(raw[:16]).rstrip(b"=").decode()

    def is_code_known(self):
        return time.monotonic() < self.begun + USED_CODE_LIFE

    def at(self, port):
        """The client, at the server as it is now."""
        party = copy.copy(self.party)
        party.server = Door(port)
        return party

    def take(self, tokens):
        self.access.append(tokens["access_token"])
        self.refresh.append(tokens["refresh_token"])

    def is_let_in(self, port, token):
        status = Door(port).get("/oauth2/userinfo", token=token).status
        assert status in (200, 401), status
        return status == 200

    def is_alive(self, port):
        # All access tokens of a grant live and die with it.
        answers = {self.is_let_in(port, token) for token in {self.access[0], self.access[-1]}}
        assert len(answers) == 1, "the access tokens of a grant differ"
        return answers == {True}


class Person(Account):
    """An account whose person lets clients in."""

    def __init__(self, name, parties):
        super().__init__(name)
        self.parties = parties
        self.grants = []
        # By client id: whether the consent is remembered; None: unclear.
        self.consents = {party.id: False for party in parties}
        # By client id: grants whose code nobody got.
        self.lost = collections.Counter()

    def live_grants(self):
        return [grant for grant in self.grants if grant.state == "live"]

    def end_grants(self, grants):
        for grant in grants:
            grant.state = "ended"
        for grant in [g for g in self.grants if g.state == "ended"][:-KEPT]:
            self.grants.remove(grant)

    def remove_grant(self, grant):
        grant.is_removed = True
        self.end_grants([grant])

    # What ends all sessions ends all grants, and codes that were not exchanged.

    def end_all(self):
        super().end_all()
        self.end_grants(self.live_grants())
        self.lost.clear()

    def change_password(self, port, session):
        for grant in self.live_grants():
            grant.state = "unclear"
        super().change_password(port, session)

    def password_changed(self):
        super().password_changed()
        self.end_grants([grant for grant in self.grants if grant.state == "unclear"])
        self.lost.clear()

    def settle_password(self, port):
        was_unclear = len(self.passwords) == 2
        super().settle_password(port)
        for grant in self.grants:
            if was_unclear and grant.state == "unclear":
                grant.state = "live"  # as for sessions

    # The actions of people and clients.

    def use_a_client(self, port, choices):
        party = choices.choice(self.parties)
        mine = [grant for grant in self.live_grants() if grant.party.id == party.id]
        unused = [grant for grant in mine if grant.exchange == "open"]
        used = [grant for grant in mine if grant.exchange == "done"]
        action = choices.choices(["let_in", "refresh", "revoke", "withdraw", "reuse"],
                                 [4, 4, 2, 2, 2])[0]
        if unused:
            self.exchange(port, choices.choice(unused))
            return
        if action == "let_in" or not used:
            if self.has_room(party):
                grant = self.let_in(port, party)
                if choices.random() < 0.8:
                    self.exchange(port, grant)
            return
        grant = choices.choice(used)
        if action == "revoke":
            self.revoke(port, grant, choices)
        elif action == "withdraw":
            self.withdraw(port, grant)
        elif action == "reuse" and grant.is_code_known():
            self.use_code_again(port, grant)
        else:
            self.refresh_grant(port, grant)

    def has_room(self, party):
        kept = sum(g.party.id == party.id and g.state != "ended" for g in self.grants)
        return kept + self.lost[party.id] < MOST

    def let_in(self, port, party):
        """Returns the new grant, which has a code and no tokens yet."""
        browser = Browser(Door(port))
        browser.sign_in(self.name, self.passwords[0])
        party = copy.copy(party)
        self.lost[party.id] += 1  # until there is an answer
        reply = party.begin(browser, scope=SCOPE)
        assert reply.status == 303, (reply.status, reply.body)
        is_asked = path_of(reply).startswith("/consent?")
        assert self.consents[party.id] in (None, not is_asked), (
            "a person was %s" % ("asked again" if is_asked else "not asked"), self.name)
        if is_asked:
            reply = self.allow(browser, party, reply)
        self.consents[party.id] = True
        answer = query_of(reply.headers["Location"])
        assert answer.get("state") == party.state and "code" in answer, answer
        self.lost[party.id] -= 1
        grant = Grant(party, answer["code"], browser)
        self.grants.append(grant)
        return grant

    def allow(self, browser, party, reply):
        text = query_of(path_of(reply))["request"]
        self.consents[party.id] = None
        answer = browser.post("/api/v1/oauth/requests/" + text, {"decision": "allow"})
        assert answer.status == 200, (answer.status, answer.body)
        self.consents[party.id] = True
        reply = browser.get(answer.json["redirect_to"])
        assert reply.status == 303, (reply.status, reply.body)
        return reply

    def exchange(self, port, grant):
        grant.exchange = "unclear"
        reply = grant.at(port).exchange(grant.code)
        assert reply.status == 200, ("a code does not work", self.name, reply.status, reply.body)
        self.exchanged(grant, reply)
        self.sign_out(port, grant)

    def sign_out(self, port, grant):
        """The grant outlives it."""
        browser, grant.browser = grant.browser, None
        if browser.server.port == port:  # Otherwise the server has been started again.
            assert browser.post("/api/v1/auth/logout").status == 200, self.name

    def exchanged(self, grant, reply):
        grant.exchange = "done"
        grant.take(reply.json)
        assert generation_of(grant.refresh[0]) == 1, self.name

    def refresh_grant(self, port, grant):
        reply = grant.at(port).refresh(grant.refresh[-1])
        assert reply.status == 200, ("an acknowledged grant or its refresh is lost", self.name,
                                     reply.status, reply.body)
        # Even if a refresh was under way: the same successor comes again.
        before, after = (generation_of(token)
                         for token in (grant.refresh[-1], reply.json["refresh_token"]))
        assert after == before + 1, ("a generation went from %d to %d" % (before, after), self.name)
        grant.take(reply.json)

    def revoke(self, port, grant, choices):
        """By the client, with a refresh token of any generation."""
        grant.state = "unclear"
        form = {"token": choices.choice(grant.refresh)}
        if grant.party.secret:
            headers = basic(grant.party.id, grant.party.secret)
        else:
            headers = {}
            form["client_id"] = grant.party.id
        reply = Door(port).post("/oauth2/revoke", form=form, headers=headers)
        assert reply.status == 200, (reply.status, reply.body)
        self.remove_grant(grant)

    def withdraw(self, port, grant):
        """By the person, who is asked again the next time."""
        if not self.live():
            self.log_in(port)
        grant.state = "unclear"
        grant.consent_before = self.consents[grant.party.id]
        self.consents[grant.party.id] = None
        reply = Door(port).request("DELETE", "/api/v1/users/me/grants/" + grant.id,
                                   token=self.live()[-1].access[-1])
        assert reply.status == 204, (reply.status, reply.body)
        self.consents[grant.party.id] = False
        grant.consent_before = None
        self.remove_grant(grant)

    def use_code_again(self, port, grant):
        grant.state = "unclear"
        self.expect_code_refused(port, grant)
        self.remove_grant(grant)

    def expect_code_refused(self, port, grant):
        reply = grant.at(port).exchange(grant.code)
        assert is_refused(reply), ("a used or ended code works", self.name, reply.status,
                                   reply.body)

    # The comparisons with the ledger after a restart.

    def check(self, port):
        super().check(port)
        if self.exists and self.grants:
            self.check_grants(port)

    def check_grants(self, port):
        if not self.disabled and not self.live():
            self.log_in(port)
        listed = self.listed(port)
        known = {grant.id for grant in self.grants if grant.refresh}
        for grant in list(self.grants):
            if grant.state == "ended":
                self.check_ended(port, grant)
            elif grant.exchange == "unclear":
                self.check_lost_exchange(port, grant, bool(listed - known))
            elif grant.exchange == "open":
                self.exchange(port, grant)
            else:
                self.check_used(port, grant)
        mine = {grant.id for grant in self.live_grants()}
        assert self.listed(port) == mine, ("the person's list of grants", self.name, mine)

    def listed(self, port):
        """The ids of the grants that the person sees: all that are alive and exchanged."""
        if self.disabled:
            return set()
        reply = Door(port).get("/api/v1/users/me/grants", token=self.live()[-1].access[-1])
        assert reply.status == 200, (reply.status, reply.body)
        return {grant["id"] for grant in reply.json["grants"]}

    def check_used(self, port, grant):
        alive = grant.is_alive(port)
        if grant.state == "live":
            assert alive, ("an acknowledged grant is lost", self.name)
        is_withdrawn = grant.state == "unclear" and grant.consent_before is not None
        if is_withdrawn:  # The consent goes with the grant, or neither does.
            self.consents[grant.party.id] = alive and grant.consent_before
            grant.consent_before = None
        if alive:
            grant.state = "live"
            self.refresh_grant(port, grant)
        else:
            self.remove_grant(grant)
            self.check_ended(port, grant)
        if is_withdrawn and self.has_room(grant.party):
            self.exchange(port, self.let_in(port, grant.party))

    def check_ended(self, port, grant):
        if grant.refresh:
            assert not grant.is_alive(port), ("an ended grant is alive", self.name)
            reply = grant.at(port).refresh(grant.refresh[-1])
            assert is_refused(reply), ("an ended grant was refreshed", self.name, reply.status)
        # A second use removes the grant. One that ended with the sessions stays for later checks.
        if grant.is_removed or grant.exchange == "open":
            self.expect_code_refused(port, grant)

    def check_lost_exchange(self, port, grant, has_happened):
        """The code gives tokens now or gave them before, and then never again."""
        reply = grant.at(port).exchange(grant.code)
        if has_happened:
            assert is_refused(reply), ("a code works twice", self.name, reply.status, reply.body)
        else:
            assert reply.status == 200, ("a code is lost", self.name, reply.status, reply.body)
            self.exchanged(grant, reply)
        self.expect_code_refused(port, grant)
        self.remove_grant(grant)
        self.check_ended(port, grant)

    def check_reuse(self, port):
        """An old generation and a used code end the grant, as they would have before the crash."""
        super().check_reuse(port)
        for grant in self.grants:
            if grant.state == "ended":
                self.expect_code_refused(port, grant)
        for grant in self.live_grants():
            if len(grant.refresh) >= 4:
                reply = grant.at(port).refresh(grant.refresh[len(grant.refresh) // 2 - 1])
                assert is_refused(reply), ("a used refresh token of a grant works again", self.name)
            elif grant.is_code_known():
                self.expect_code_refused(port, grant)
            else:
                continue
            self.remove_grant(grant)
            self.check_ended(port, grant)
