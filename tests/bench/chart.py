"""The chart of a bench, as SVG: requests per second on a logarithmic scale, authd's and others' in
one list."""

import html
import math

WIDTH = 960
LEFT = 330       # of the axis
RIGHT = 130      # reserved for the numbers after the bars
ROW = 24
TOP = 64
COLOURS = {"authd": "#3d5af1", "floor": "#9aa3b2", "peer": "#d9822b"}
LEGEND = [("authd", "authd"), ("floor", "constant reply: the floor"), ("peer", "Glewlwyd")]

# (row, kind, label) in the order of the bars; rows that were not measured are left out.
BARS = [
    ("floor.nginx.64", "floor", "constant reply, nginx"),
    ("floor.front.64", "floor", "constant reply, authd's front"),
    ("verify.bearer.64", "authd", "token check: /auth/verify, Bearer"),
    ("verify.cookie.64", "authd", "session check: /auth/verify, cookie"),
    ("verify.key.64", "authd", "key check: /auth/verify, API key"),
    ("verify.tls.64", "authd", "token check by TLS"),
    ("me.64", "authd", "profile: users/me"),
    ("introspect.64", "authd", "introspection"),
    ("peer.profile.64", "peer", "profile by token"),
    ("peer.session.64", "peer", "session check: profile_list"),
    ("peer.introspect.64", "peer", "introspection"),
    ("refresh.64", "authd", "refresh, durable"),
    ("peer.refresh.16", "peer", "refresh"),
    ("login.16", "authd", "login: Argon2id, 19 MiB"),
    ("peer.login.16", "peer", "login: PBKDF2"),
    ("signup.16", "authd", "sign-up"),
]


def text(x, y, words, anchor="start", size=13, colour="#1c2333", weight="normal"):
    form = ('<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d" fill="%s" font-weight="%s">'
            '%s</text>')
    return form % (x, y, anchor, size, colour, weight, html.escape(words))


def figure(rate):
    return format(round(rate), ",") if rate >= 10 else "%.1f" % rate


def draw(report):
    bars = [(kind, label, report.row(key)) for key, kind, label in BARS]
    bars = [(kind, label, row) for kind, label, row in bars if row is not None and row.rate > 0]
    least = math.floor(math.log10(min([row.rate for _, _, row in bars] + [10])))
    most = math.ceil(math.log10(max([row.rate for _, _, row in bars] + [100])))
    height = TOP + ROW * len(bars) + 56
    def at(rate):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(rate) - least) / (most - least)
    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
        'font-family="sans-serif">' % (
            WIDTH, height, WIDTH, height), '<rect width="100%" height="100%" fill="#ffffff"/>',
        text(16, 26, "Requests per second, and CPU time of the server for each", size=17,
             weight="bold"),
        text(16, 46, report.machine() + "; logarithmic scale", size=12, colour="#5b6475")]
    x = WIDTH - 16
    for kind, label in reversed(LEGEND):
        x -= 8 + 7 * len(label)
        out.append(text(x, 26, label, size=12))
        x -= 18
        out.append('<rect x="%.1f" y="16" width="12" height="12" fill="%s"/>' % (x, COLOURS[kind]))
    bottom = TOP + ROW * len(bars)
    for power in range(least, most + 1):
        x = at(10 ** power)
        out.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#e3e6ec"/>'
                   % (x, TOP - 4, x, bottom))
        out.append(text(x, bottom + 18, format(10 ** power, ","), "middle", 12, "#5b6475"))
    for i, (kind, label, row) in enumerate(bars):
        y = TOP + ROW * i
        out.append(text(LEFT - 10, y + 14, label, "end"))
        out.append('<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>'
                   % (LEFT, y + 2, max(at(row.rate) - LEFT, 1), ROW - 8, COLOURS[kind]))
        cpu = row.cpu_us
        spent = "" if not cpu else " (%.0f us)" % cpu if cpu < 10_000 else " (%.0f ms)" % (
            cpu / 1000)
        out.append(text(at(row.rate) + 6, y + 14, figure(row.rate) + spent, size=12))
    out.append(text(LEFT, bottom + 40,
                    "requests per second; in brackets the server's CPU time per request", size=12,
                    colour="#5b6475"))
    return "\n".join(out) + "\n</svg>\n"
