# Django with access tokens of authd (`Authorization: Bearer`): `authd init django --way bearer`.
# Run it with the settings of .env in the environment: python3 bearer.py runserver 3000
import os
import sys
import time

import jwt  # PyJWT, with cryptography
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

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


def user_of(token):
    claims = jwt.decode(
        token, keys.get_signing_key_from_jwt(token).key, algorithms=["ES256"], issuer=ISSUER,
        audience=AUDIENCE, leeway=5, options={"require": ["exp", "iss", "aud", "sub"]})
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":  # It has been verified by now.
        raise jwt.InvalidTokenError("this is no access token")
    if "cnf" in claims:  # Only with a proof of its key (RFC 9449), which is not looked at here.
        raise jwt.InvalidTokenError("this token is bound to a key")
    return {"subject": claims["sub"], "roles": claims.get("roles", [])}


class RequireUser:
    """In MIDDLEWARE, in the place of Django's own authentication."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            request.user = user_of(token if kind.lower() == "bearer" else "")
        except jwt.PyJWTError:
            reply = JsonResponse({"error": "invalid_token"}, status=401)
            reply["WWW-Authenticate"] = "Bearer"
            return reply
        return self.get_response(request)


settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
                   MIDDLEWARE=[__name__ + ".RequireUser"])
urlpatterns = [path("", lambda request: JsonResponse(request.user))]
application = get_wsgi_application()
if __name__ == "__main__":
    execute_from_command_line(sys.argv)
