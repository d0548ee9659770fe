# FastAPI behind a proxy that asks authd about each request: `authd init fastapi`.
# Run it with the settings of .env in the environment: uvicorn proxy:app --port 3000
import hmac
import os

from fastapi import Depends, FastAPI, HTTPException, Request

SECRET = os.environ["PROXY_SECRET"].encode()
if len(SECRET) < 32:
    raise SystemExit("PROXY_SECRET needs at least 32 characters")

app = FastAPI()


# Anybody can send X-Auth-* headers. They count only if the proxy sent them.
def user(request: Request):
    if not hmac.compare_digest(request.headers.get("X-Proxy-Secret", "").encode(), SECRET):
        raise HTTPException(403, "not_from_the_proxy")
    subject = request.headers.get("X-Auth-Subject")
    if not subject:
        raise HTTPException(401, "not_signed_in")
    roles = [role for role in request.headers.get("X-Auth-Roles", "").split(",") if role]
    return {"subject": subject, "name": request.headers.get("X-Auth-User"), "roles": roles}


@app.get("/")
def show(user: dict = Depends(user)):
    return user
