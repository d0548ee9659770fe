# Django behind a proxy that asks authd about each request: `authd init django`.
# Run it with the settings of .env in the environment: python3 proxy.py runserver 3000
import hmac
import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

SECRET = os.environ["PROXY_SECRET"].encode()
if len(SECRET) < 32:
    raise SystemExit("PROXY_SECRET needs at least 32 characters")


class RequireUser:
    """In MIDDLEWARE, in the place of Django's own authentication. Anybody can send X-Auth-*, so the
    headers count only if the proxy sent them."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        headers = request.headers
        if not hmac.compare_digest(headers.get("X-Proxy-Secret", "").encode(), SECRET):
            return JsonResponse({"error": "not_from_the_proxy"}, status=403)
        subject = headers.get("X-Auth-Subject")
        if not subject:
            return JsonResponse({"error": "not_signed_in"}, status=401)
        roles = [role for role in headers.get("X-Auth-Roles", "").split(",") if role]
        request.user = {"subject": subject, "name": headers.get("X-Auth-User"), "roles": roles}
        return self.get_response(request)


settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
                   MIDDLEWARE=[__name__ + ".RequireUser"])
urlpatterns = [path("", lambda request: JsonResponse(request.user))]
application = get_wsgi_application()
if __name__ == "__main__":
    execute_from_command_line(sys.argv)
