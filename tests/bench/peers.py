"""The programs that authd is compared with in the same run: nginx with a constant reply and
Glewlwyd, both from Debian, and the npm package oidc-provider, which keeps everything in memory.

None needs a service: they run in the foreground, on files in our own directory."""

import base64
import json
import os
import shutil
import subprocess
import sys

from machine import CORES, PASSWORD, ROOT, Program

sys.path.insert(1, os.path.join(ROOT, "tests", "http"))
from npm import npm_folder  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))

NGINX = """
worker_processes %d;
daemon off;
pid %s/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:PORT backlog=4096;
    location / { default_type application/json; return 200 '{"ok":true}'; }
  }
}
"""

# hash_algorithm is the default; sessions and tokens are in SQLite, as its package sets it up.
GLEWLWYD = """
port=%(port)d
bind_address="127.0.0.1"
external_url="http://127.0.0.1:%(port)d"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="NONE"
cookie_secure=0
session_expiration=2419200
session_key="GLEWLWYD2_SESSION_ID"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
login_api_enabled=true
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
user_middleware_module_path="/usr/lib/glewlwyd/user_middleware"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "%(directory)s/glewlwyd.db"; };
"""
GLEWLWYD_TABLES = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"

# Tokens signed with HMAC, the cheapest that it has.
OAUTH2 = {
    "jwt-type": "sha", "jwt-key-size": "256",
    "key": "only the bench of this machine knows this key",
    "access-token-duration": 3600, "refresh-token-duration": 1209600,
    "refresh-token-rolling": False, "code-duration": 600,
    "auth-type-code-enabled": False, "auth-type-implicit-enabled": False,
    "auth-type-password-enabled": True,
    "auth-type-client-enabled": True, "auth-type-refresh-enabled": True,
    "introspection-revocation-allowed": True,
    "introspection-revocation-auth-scope": ["g_profile"],
    "introspection-revocation-allow-target-client": True, "scope": [],
}


class Written(Program):
    """A program whose port is in its configuration file."""

    def __init__(self, command, path, text):
        self.path, self.text = path, text
        super().__init__(command)

    def _prepare(self):
        with open(self.path, "w") as f:
            f.write(self.text(self.port))


def nginx(directory):
    path = directory + "/nginx.conf"
    text = NGINX % (CORES, directory)
    return Written([shutil.which("nginx") or "/usr/sbin/nginx", "-p", directory, "-e", "stderr",
                    "-c", path], path,
                   lambda port: text.replace("PORT", str(port)))


class Glewlwyd(Written):
    """With one user and one client, created through its own API."""

    def __init__(self, directory):
        with open(GLEWLWYD_TABLES) as tables:
            subprocess.run(["sqlite3", directory + "/glewlwyd.db"], stdin=tables, check=True)
        path = directory + "/glewlwyd.conf"
        super().__init__(["glewlwyd", "--config-file=" + path], path,
                         lambda port: GLEWLWYD % {"port": port, "directory": directory})
        admin = {"Cookie": self.log_in("admin", "password")}
        self.call("POST", "/api/mod/plugin/",
                  {"module": "oauth2-glewlwyd", "name": "glwd", "display_name": "bench",
                   "enabled": True,
                   "parameters": OAUTH2}, admin)
        self.call("POST", "/api/scope/", {"name": "bench", "display_name": "bench",
                                          "password_required": False}, admin)
        self.call("POST", "/api/client/?source=database", {
            "client_id": "bench", "name": "bench", "confidential": True, "password": PASSWORD,
            "client_secret": PASSWORD,
            "authorization_type": ["password", "refresh_token", "client_credentials"],
            "redirect_uri": ["http://127.0.0.1/"], "enabled": True,
            "scope": ["bench"]}, admin)
        self.call("POST", "/api/user/?source=database",
                  {"username": "user1", "name": "user1", "email": "user1@example.org",
                                                         "password": PASSWORD,
                                                         "scope": ["g_profile"], "enabled": True},
                  admin)
        self.client = "Basic " + base64.b64encode(("bench:" + PASSWORD).encode()).decode()

    def log_in(self, username, password):
        """The session's cookie."""
        headers, _ = self.call("POST", "/api/auth/", {"username": username, "password": password})
        return headers["Set-Cookie"].split(";")[0]

    def tokens(self):
        form = "grant_type=password&scope=g_profile&username=user1&password=" + PASSWORD.replace(
            " ", "+")
        return json.loads(self.call("POST", "/api/glwd/token/", form,
                                    {"Authorization": self.client})[1])


class OidcProvider(Program):
    """With the clients of provider.py and this many codes for each; `codes` has them by client."""

    def __init__(self, directory, secret, count):
        made = directory + "/codes"
        super().__init__(["node", HERE + "/oidc_provider.mjs", npm_folder("oidc-provider"), "PORT",
                          secret, str(count), made])
        with open(made) as f:
            self.codes = json.load(f)
