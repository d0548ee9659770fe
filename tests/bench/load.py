"""The load: wrk, with requests that are prepared before the run.

Every wrk thread gets a list of requests and sends them in turn, so a row about tokens covers many
tokens of many users, and costs wrk no more than a row about one token."""

import dataclasses
import json
import re
import subprocess
import tempfile

SHORTEST = 1  # second, of wrk


@dataclasses.dataclass
class Measured:
    rate: float = 0.0        # requests per second that were answered
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    cpu_us: float = 0.0      # of the server, per request
    requests: int = 0
    error: str = ""          # replies other than 2xx or 3xx, and broken connections


def lua(value):
    """A Lua string with decimal escapes, which can hold any request."""
    return '"' + "".join(c if c.isalnum() or c in " /:.,-_={}" else "\\%03d" % ord(c)
                         for c in value) + '"'


def request(method, path, headers=None, body=None):
    """One request in the form that wrk.format expects."""
    pairs = ", ".join("[%s] = %s" % (lua(k), lua(v)) for k, v in (headers or {}).items())
    return "wrk.format(%s, %s, {%s}, %s)" % (lua(method), lua(path), pairs,
                                             lua(body) if body is not None else "nil")


def in_turn(requests):
    """A script that sends the requests in a loop; each thread starts at a different place in the
    list."""
    return """
local threads = 0
setup = function(thread) thread:set("place", threads * 37); threads = threads + 1 end
local all = {}
init = function()
%s
end
request = function() place = place %% #all + 1; return all[place] end
""" % "\n".join("  all[%d] = %s" % (i + 1, one) for i, one in enumerate(requests))


def refreshing(path, tokens, threads, body, pattern, headers):
    """Each thread has its own sessions, as many as it has connections: each request uses a token
    that came in a reply and has not been used yet. (One thread per connection would cost wrk more
    than the server.)"""
    pairs = ", ".join("[%s] = %s" % (lua(k), lua(v)) for k, v in headers.items())
    return """
local all = {%s}
local started = 0
setup = function(thread) started = started + 1; thread:set("mine", started) end
local tokens, first, last = {}, 1, 0
local keep = function(token) last = last + 1; tokens[last] = token end
init = function()
  for i = mine, #all, %d do keep(all[i]) end
end
local headers = {%s}
request = function()
  local token = tokens[first]
  tokens[first] = nil; first = first + 1
  return wrk.format("POST", %s, headers, ((%s):gsub("TOKEN", token)))
end
response = function(status, headers, body)
  if status == 200 then keep(body:match(%s)) end
end
""" % (", ".join(lua(t) for t in tokens), threads, pairs, lua(path), lua(body), json.dumps(pattern))


def spending(path, tokens, threads, body, headers):
    """Each request uses a token that no other one uses: TOKEN in the body. There have to be enough
    of them."""
    pairs = ", ".join("[%s] = %s" % (lua(k), lua(v)) for k, v in headers.items())
    return """
local all = {%s}
local started = 0
setup = function(thread) started = started + 1; thread:set("mine", started) end
local headers = {%s}
local at = nil
request = function()
  at = (at or mine - %d) + %d
  return wrk.format("POST", %s, headers, ((%s):gsub("TOKEN", all[at] or "none")))
end
""" % (", ".join(lua(t) for t in tokens), pairs, threads, threads, lua(path), lua(body))


def proving(path, file, threads, headers):
    """Each request has a proof that no other one has, in the header DPoP: a line of the file."""
    pairs = ", ".join("[%s] = %s" % (lua(k), lua(v)) for k, v in headers.items())
    return """
local started = 0
setup = function(thread) started = started + 1; thread:set("mine", started) end
local all, headers, at = {}, {%s}, 0
init = function()
  local number = 0
  for line in io.lines(%s) do
    number = number + 1
    if number %% %d == mine %% %d then all[#all + 1] = line end
  end
end
request = function()
  at = at + 1
  headers["DPoP"] = all[at] or "none"
  return wrk.format("GET", %s, headers)
end
""" % (pairs, lua(file), threads, threads, lua(path))


def logins(path, body, users):
    """Each request logs in a different user: USER in the body becomes a number up to `users`."""
    return """
local threads = 0
setup = function(thread) thread:set("number", threads * 104729); threads = threads + 1 end
local headers = {["Content-Type"] = "application/json"}
request = function()
  number = (number + 7919) %% %d
  return wrk.format("POST", %s, headers, ((%s):gsub("USER", tostring(number + 1))))
end
""" % (users, lua(path), lua(body))


def signups(path, body, mark):
    """Each request creates a user: USER in the body becomes a unique name."""
    return """
local threads = 0
setup = function(thread) thread:set("name", "%s-" .. threads .. "-"); threads = threads + 1 end
local headers = {["Content-Type"] = "application/json"}
local count = 0
request = function()
  count = count + 1
  return wrk.format("POST", %s, headers, ((%s):gsub("USER", name .. count)))
end
""" % (mark, lua(path), lua(body))


class Load:
    """wrk, running in the background against a Program."""

    def __init__(self, program, script, connections=64, threads=2, seconds=3):
        self.program = program
        with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as file:
            file.write(script)
        self.script = file.name
        self.cpu = program.cpu_seconds()
        self.process = subprocess.Popen(["wrk", "-t%d" % threads, "-c%d" % connections,
                                         "-d%ds" % max(seconds, SHORTEST),
                                         "--timeout", "10s", "--latency", "-s", self.script,
                                         program.url],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def done(self):
        text = self.process.communicate()[0]
        cpu = self.program.cpu_seconds() - self.cpu
        subprocess.run(["rm", "-f", self.script], check=True)
        if "Requests/sec" not in text:
            raise SystemExit("bench: wrk says: " + text)
        measured = Measured()
        measured.requests = int(re.search(r"(\d+) requests in", text).group(1))
        measured.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
        measured.p50_ms, measured.p99_ms = (latency(text, mark) for mark in ("50%", "99%"))
        measured.cpu_us = cpu / max(measured.requests, 1) * 1e6
        errors = re.findall(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", text)
        measured.error = "; ".join(errors)
        if measured.requests == 0:
            measured.error = "nothing was answered"
        return measured


def latency(text, mark):
    """A percentile that wrk printed, in milliseconds."""
    found = re.search(re.escape(mark) + r"\s+([\d.]+)(us|ms|s|m)\s", text)
    return float(found.group(1)) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[found.group(2)]


def measure(program, script, connections=64, threads=2, seconds=3):
    return Load(program, script, connections, min(threads, connections), seconds).done()
