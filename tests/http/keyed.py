"""What people do with passkeys, for crash_test.py: a ledger of them, beside those of sessions and
grants (ledger.py, granted.py).

A passkey that was added signs in from then on, and one that was removed never again; with its
removal end the person's other sessions, and all grants. An answer signs in once, whether the server
has died since or not."""

import granted
from authenticator import Authenticator, encode
from ledger import Session, ask

ORIGIN = "http://localhost:8080"  # as granted.FLAGS say
MOST = 4  # passkeys of one person


class Passkey:
    def __init__(self):
        self.authenticator = Authenticator(ORIGIN)
        self.state = "unclear"  # until there is an answer; then "live"
        self.listed = None  # its id for the API
        self.answer = None  # the latest that was sent
        self.is_used_up = False  # whether it was accepted


class Person(granted.Person):
    """An account whose person has passkeys."""

    def __init__(self, name, parties):
        super().__init__(name, parties)
        self.passkeys = []
        self.removing = None  # while the end of one is unclear

    def live_passkeys(self):
        return [one for one in self.passkeys if one.state == "live"]

    def use_a_passkey(self, port, random):
        live = self.live_passkeys()
        action = random.choice(["add", "log_in", "log_in", "log_in", "remove"])
        if action == "add" and len(live) < MOST or not live:
            self.add_passkey(port)
        elif action == "remove":
            self.remove_passkey(port, random.choice(live))
        else:
            self.log_in_by_passkey(port, random.choice(live))

    def fresh_session(self, port):
        """One whose proof is young enough."""
        self.log_in(port)
        return self.sessions[-1]

    def add_passkey(self, port):
        session = self.fresh_session(port)
        options = ask(port, "POST", "users/me/passkeys/options", token=session.access[-1])
        assert options.status == 200, (options.status, options.body)
        passkey = Passkey()
        response = passkey.authenticator.create(options.json)
        self.passkeys.append(passkey)
        reply = ask(port, "POST", "users/me/passkeys", {"name": "phone", "response": response},
                    token=session.access[-1])
        assert reply.status == 201, (reply.status, reply.body)
        passkey.state = "live"
        passkey.listed = reply.json["id"]

    def answer(self, port, passkey):
        options = ask(port, "POST", "auth/passkey/options", {})
        assert options.status == 200, (options.status, options.body)
        return passkey.authenticator.get(options.json)

    def log_in_by_passkey(self, port, passkey):
        answer = self.answer(port, passkey)
        passkey.answer, passkey.is_used_up = answer, False
        reply = ask(port, "POST", "auth/passkey/verify", {"response": answer})
        assert reply.status == 200, (reply.status, reply.body)
        passkey.is_used_up = True
        self.sessions.append(Session(reply.json))

    def remove_passkey(self, port, passkey):
        session = self.fresh_session(port)
        if passkey.listed is None:
            self.list_passkeys(port, session)
        others = [s for s in self.live() if s is not session]
        passkey.state = "unclear"
        self.removing = passkey
        for ending in (*others, *self.live_grants()):
            ending.state = "unclear"
        reply = ask(port, "DELETE", "users/me/passkeys/" + passkey.listed,
                    token=session.access[-1])
        assert reply.status == 204, (reply.status, reply.body)
        self.removed(passkey)

    def removed(self, passkey):
        self.passkeys.remove(passkey)
        if passkey is not self.removing:  # It was never added.
            return
        self.removing = None
        self.end([s for s in self.sessions if s.state == "unclear"])
        self.end_grants([grant for grant in self.grants if grant.state == "unclear"])
        self.lost.clear()

    def kept(self, passkey):
        passkey.state = "live"
        if passkey is not self.removing:
            return
        self.removing = None
        for one in (*self.sessions, *self.grants):  # Nothing ended with it.
            if one.state == "unclear":
                one.state = "live"

    def list_passkeys(self, port, session):
        """The ids of those whose registration got no answer."""
        reply = ask(port, "GET", "users/me/passkeys", token=session.access[-1])
        assert reply.status == 200, (reply.status, reply.body)
        ids = {one["credential_id"]: one["id"] for one in reply.json["passkeys"]}
        for passkey in self.live_passkeys():
            passkey.listed = ids[encode(passkey.authenticator.id)]

    # The comparison after a restart.

    def settle_password(self, port):
        super().settle_password(port)
        for passkey in list(self.passkeys):
            self.check_passkey(port, passkey)

    def check_passkey(self, port, passkey):
        if passkey.answer:
            reply = ask(port, "POST", "auth/passkey/verify", {"response": passkey.answer})
            # One that the server had not taken before it died counts now.
            allowed = (401, 403) if passkey.is_used_up else (200, 401, 403)
            assert reply.status in allowed, ("an answer signs in twice", self.name, reply.body)
            if reply.status == 200:
                self.end_at_once(port, reply)
        fresh = self.answer(port, passkey)
        reply = ask(port, "POST", "auth/passkey/verify", {"response": fresh})
        is_there = reply.status != 401  # 403: of a disabled account
        if passkey.state == "live":
            assert is_there, ("an acknowledged passkey is lost", self.name, reply.body)
        passkey.answer, passkey.is_used_up = fresh, reply.status == 200
        if is_there:
            self.kept(passkey)
        else:
            self.removed(passkey)
        if reply.status == 200:
            self.end_at_once(port, reply)
        again = ask(port, "POST", "auth/passkey/verify", {"response": fresh})
        assert again.status in (401, 403), ("an answer signs in twice", self.name, again.body)

    def end_at_once(self, port, reply):
        extra = Session(reply.json)
        self.sessions.append(extra)
        self.log_out(port, extra)
