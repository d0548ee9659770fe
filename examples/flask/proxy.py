# Flask behind a proxy that asks authd about each request: `authd init flask`.
# Run it with the settings of .env in the environment: flask --app proxy run --port 3000
import hmac
import os

from flask import Flask, g, jsonify, request

SECRET = os.environ["PROXY_SECRET"].encode()
if len(SECRET) < 32:
    raise SystemExit("PROXY_SECRET needs at least 32 characters")

app = Flask(__name__)


# Anybody can send X-Auth-* headers. They count only if the proxy sent them.
@app.before_request
def require_user():
    if not hmac.compare_digest(request.headers.get("X-Proxy-Secret", "").encode(), SECRET):
        return jsonify(error="not_from_the_proxy"), 403
    subject = request.headers.get("X-Auth-Subject")
    if not subject:
        return jsonify(error="not_signed_in"), 401
    roles = [role for role in request.headers.get("X-Auth-Roles", "").split(",") if role]
    g.user = {"subject": subject, "name": request.headers.get("X-Auth-User"), "roles": roles}


@app.get("/")
def show():
    return jsonify(g.user)
