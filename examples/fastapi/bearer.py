# FastAPI with access tokens of authd (`Authorization: Bearer`): `authd init fastapi --way bearer`.
# Run it with the settings of .env in the environment: uvicorn bearer:app --port 3000
import os
import time

import jwt  # PyJWT, with cryptography
from fastapi import Depends, FastAPI, HTTPException, Request

ISSUER, AUDIENCE = os.environ["ISSUER"], os.environ["AUDIENCE"]


class Keys(jwt.PyJWKClient):
    """Asks for the keys once a minute at most, whatever key a token names."""

    asked = -60.0

    def fetch_data(self):
        if time.monotonic() - self.asked < 60:
            raise jwt.PyJWKClientError("there is no such key")
        found = super().fetch_data()
        self.asked = time.monotonic()
        return found


keys = Keys(os.environ["AUTH_SERVER"] + "/.well-known/jwks.json", lifespan=300)
app = FastAPI()


def user_of(token):
    claims = jwt.decode(
        token, keys.get_signing_key_from_jwt(token).key, algorithms=["ES256"], issuer=ISSUER,
        audience=AUDIENCE, leeway=5, options={"require": ["exp", "iss", "aud", "sub"]})
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":  # It has been verified by now.
        raise jwt.InvalidTokenError("this is no access token")
    if "cnf" in claims:  # Only with a proof of its key (RFC 9449), which is not looked at here.
        raise jwt.InvalidTokenError("this token is bound to a key")
    return {"subject": claims["sub"], "roles": claims.get("roles", [])}


def user(request: Request):
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        return user_of(token if kind.lower() == "bearer" else "")
    except jwt.PyJWTError:
        raise HTTPException(401, "invalid_token", {"WWW-Authenticate": "Bearer"})


@app.get("/")
def show(user: dict = Depends(user)):
    return user
