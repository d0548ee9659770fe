"""The replies to clients, for crash_test.py: every acknowledged change is in the ledger, and a
server that was killed and restarted is compared with it. Grants of the provider: granted.py.

A change under way at the kill may have happened or not, but only as a whole: a new password with
its ended sessions and its mail, or none of them."""

import base64
import http.client
import itertools

from harness import DEADLINE, send

KEPT = 6  # ended sessions that are checked again, for each account


class Unclear(Exception):
    """There was no answer: the request may have been done."""


# Not a generator: many threads ask, and a running generator cannot be asked by another thread.
_numbers = itertools.count()


def ask(port, method, path, body=None, token=None):
    return ask_anything(port, method, "/api/v1/" + path, body, token)


def ask_anything(port, method, path, body=None, token=None, headers=None, form=None):
    """A request from its own address, so no limit on failures applies."""
    number = next(_numbers)
    address = "127.88.%d.%d" % (number // 250 % 250, number % 250 + 1)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE,
                                            source_address=(address, 0))
    try:
        return send(connection, method, path, body, token, headers, form)
    except (OSError, http.client.HTTPException) as error:
        raise Unclear(str(error)) from error
    finally:
        connection.close()


def generation_of(refresh_token):
    raw = base64.urlsafe_b64decode(refresh_token + "=" * (-len(refresh_token) % 4))
    return int.from_bytes(raw[16:24], "big")


class Session:
    def __init__(self, tokens):
        self.access = [tokens["access_token"]]
        self.refresh = [tokens["refresh_token"]]
        self.state = "live"  # or "ended"; "unclear" until it is checked

    def take(self, tokens):
        self.access.append(tokens["access_token"])
        self.refresh.append(tokens["refresh_token"])


class Account:
    """One account; used by one thread at a time."""

    def __init__(self, name):
        self.name = name
        self.email = name + "@example.org"
        self.exists = None  # None: unclear
        self.disabled = False
        self.passwords = ["password 0 of " + name]  # two during an unclear change, newer first
        self.former = []
        self.sessions = []
        # promised, by a word of the subject
        self.mails = {"confirm": 0, "changed": 0, "new password": 0}
        self.unclear_mails = 0  # of "new password"; the others follow from the rest
        self.is_unclear = False

    def live(self):
        return [s for s in self.sessions if s.state == "live"]

    def end(self, sessions):
        for session in sessions:
            session.state = "ended"
        ended = [s for s in self.sessions if s.state == "ended"]
        for session in ended[:-KEPT]:
            self.sessions.remove(session)

    def end_all(self):
        """The account was disabled."""
        self.end(self.live())

    # The actions of clients. Each raises Unclear if the server dies meanwhile; the ledger then says
    # what may have happened.

    def sign_up(self, port):
        reply = ask(port, "POST", "auth/signup",
                    {"username": self.name, "email": self.email, "password": self.passwords[0]})
        assert reply.status == 201, (reply.status, reply.body)
        self.exists = True
        self.mails["confirm"] += 1
        self.sessions.append(Session(reply.json))

    def log_in(self, port):
        reply = ask(port, "POST", "auth/login", {"login": self.name, "password": self.passwords[0]})
        assert reply.status == 200, (reply.status, reply.body)
        self.sessions.append(Session(reply.json))

    def refresh(self, port, session):
        reply = ask(port, "POST", "auth/refresh", {"refresh_token": session.refresh[-1]})
        assert reply.status == 200, (reply.status, reply.body)
        session.take(reply.json)

    def log_out(self, port, session):
        session.state = "unclear"
        reply = ask(port, "POST", "auth/logout", {"refresh_token": session.refresh[-1]})
        assert reply.status == 200, (reply.status, reply.body)
        self.end([session])

    def change_password(self, port, session):
        fresh = "password %d of %s" % (len(self.former) + 1, self.name)
        others = [s for s in self.live() if s is not session]
        self.passwords.insert(0, fresh)
        for other in others:
            other.state = "unclear"
        reply = ask(port, "POST", "auth/password/change",
                    {"current_password": self.passwords[1], "new_password": fresh},
                    token=session.access[-1])
        assert reply.status == 200, (reply.status, reply.body)
        self.password_changed()

    def password_changed(self):
        self.former.append(self.passwords.pop())
        self.mails["changed"] += 1
        self.end([s for s in self.sessions if s.state == "unclear"])

    def forget_password(self, port):
        self.unclear_mails += 1
        reply = ask(port, "POST", "auth/password/forgot", {"email": self.email})
        self.unclear_mails -= 1
        assert reply.status in (200, 429), (reply.status, reply.body)
        self.mails["new password"] += reply.status == 200

    # The comparisons with the ledger after a restart.

    def check(self, port):
        if not self.settle_existence(port):
            return
        self.settle_password(port)
        self.settle_disabled(port)
        for old in self.former[-1:]:
            reply = ask(port, "POST", "auth/login", {"login": self.name, "password": old})
            assert reply.status == 401, ("a former password works again", self.name, reply.status)
        self.check_login(port)
        for session in list(self.sessions):
            self.check_session(port, session)
        self.is_unclear = False

    def try_password(self, port, password):
        """Whether it is the account's password. If a session results, it is ended at once."""
        reply = ask(port, "POST", "auth/login", {"login": self.name, "password": password})
        assert reply.status in (200, 401, 403), (reply.status, reply.body)
        if reply.status == 200:
            extra = Session(reply.json)
            self.sessions.append(extra)
            self.log_out(port, extra)
        return reply.status

    def settle_existence(self, port):
        if self.exists is None:
            self.exists = self.try_password(port, self.passwords[0]) == 200
            self.mails["confirm"] += self.exists
        return self.exists

    def settle_password(self, port):
        if len(self.passwords) == 1:
            return
        if self.try_password(port, self.passwords[0]) == 401:
            self.passwords.pop(0)
            for session in self.sessions:
                if session.state == "unclear":
                    session.state = "live"  # It did not happen at all, so this is asserted below.
        else:
            self.password_changed()

    def settle_disabled(self, port):
        if self.disabled is None:
            self.disabled = self.try_password(port, self.passwords[0]) == 403
            if self.disabled:
                self.end_all()

    def check_login(self, port):
        status = self.try_password(port, self.passwords[0])
        assert status == (403 if self.disabled
                          else 200), ("an acknowledged password or state is lost", self.name,
                                      status)

    def check_session(self, port, session):
        # All access tokens of a session live and die with it; an older one is checked too.
        statuses = {ask(port, "GET", "users/me", token=t).status
                    for t in {session.access[0], session.access[-1]}}
        assert len(statuses) == 1, (self.name, statuses)
        alive = statuses == {200}
        if session.state == "unclear":
            session.state = "live" if alive else "ended"
        assert alive == (session.state == "live"), ("a session is not %s" % session.state,
                                                    self.name, statuses)
        reply = ask(port, "POST", "auth/refresh", {"refresh_token": session.refresh[-1]})
        if not alive:
            assert reply.status == 401, ("an ended session was refreshed", self.name, reply.status)
            return
        # Even if a refresh was under way: the same successor comes again.
        assert reply.status == 200, ("an acknowledged refresh is lost", self.name, reply.body)
        before, after = generation_of(session.refresh[-1]), generation_of(
            reply.json["refresh_token"])
        assert after == before + 1, ("a generation went from %d to %d" % (before, after), self.name)
        session.take(reply.json)

    def check_reuse(self, port):
        """An old generation ends the session, as it would have before the crash."""
        for session in self.live():
            if len(session.refresh) < 4:
                continue
            for token in (session.refresh[len(session.refresh) // 2 - 1], session.refresh[-1]):
                reply = ask(port, "POST", "auth/refresh", {"refresh_token": token})
                assert reply.status == 401, ("a used refresh token works again", self.name,
                                             reply.status)
            assert ask(port, "GET", "users/me", token=session.access[-1]).status == 401, self.name
            self.end([session])

    def check_mails(self, count):
        """`count(address, word)` is how many mails came."""
        for word, promised in self.mails.items():
            came = count(self.email, word)
            unclear = self.unclear_mails if word == "new password" else 0
            assert promised <= came <= promised + unclear, (
                "%d mails about %s to %s, of %d that were promised"
                % (came, word, self.email, promised))
            self.mails[word] = came
        self.unclear_mails = 0
