"""Checks replies against the OpenAPI document. $TEST_OPENAPI names the document that the build
wrote (tests/openapi); without it nothing is checked."""

import copy
import json
import os
import re
import sys
import urllib.parse

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's packages, whichever python3 this is

import jsonschema  # noqa: E402

METHODS = ("get", "put", "post", "delete", "patch")
# Errors that any address may return, according to introduction.txt. The names are those of
# src/http.
ANYWHERE = {(400, "bad_request"), (403, "https_required"), (404, "not_found"),
            (405, "method_not_allowed"), (408, "request_timeout"),
            (413, "too_large"), (421, "misdirected_request"), (500, "internal_error"),
            (503, "busy")}
BARE = {308, 405, 408, 414, 417, 421, 431, 501, 505}
ENOUGH = 3  # replies checked per kind

formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time")
def is_time(value):
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
                                                      value) is not None


@formats.checks("uri")
def is_uri(value):
    return not isinstance(value, str) or bool(urllib.parse.urlsplit(value).scheme)


@formats.checks("email")
def is_email(value):
    return not isinstance(value, str) or re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None


def closed(schema):
    """The same schema, but objects may have no other fields than the documented ones."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


class Document:
    def __init__(self, document):
        self.document = document
        self.strict = copy.copy(document)
        self.strict["components"] = dict(document["components"],
                                         schemas=closed(document["components"]["schemas"]))
        self.seen = {}
        self.paths = []
        for path, methods in document["paths"].items():
            pattern = re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part)
                                          for part in path.split("/")))
            self.paths.append((path.count("{"), pattern, path, methods))
        self.paths.sort(key=lambda one: one[0])  # exact paths win

    def resolve(self, thing):
        while isinstance(thing, dict) and "$ref" in thing:
            target = self.document
            for part in thing["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/")]
            thing = target
        return thing

    def operations(self):
        for path, methods in self.document["paths"].items():
            for method in METHODS:
                if method in methods:
                    yield method.upper(), path, methods[method]

    def operation(self, method, path):
        for _, pattern, _, methods in self.paths:
            if pattern.fullmatch(path) and method.lower() in methods:
                return methods[method.lower()]
        return None

    def examples(self, media):
        return {name: self.resolve(example)["value"] for name,
                example in media.get("examples", {}).items()}

    def invalid(self, schema, value):
        """What the schema forbids in the value, including unknown fields; None: nothing."""
        validator = jsonschema.Draft202012Validator(
            closed(schema), resolver=jsonschema.RefResolver("", self.strict),
            format_checker=formats)
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
        return None if error is None else "%s at %s" % (error.message, list(error.absolute_path))

    def undocumented(self, method, target, reply):
        """What the document does not say about this reply; None if nothing, or if it does not
        describe this address."""
        operation = self.operation("GET" if method == "HEAD" else method,
                                   urllib.parse.unquote(urllib.parse.urlsplit(target).path))
        if operation is None or reply.status in BARE:
            return None
        kind = (reply.headers.get("Content-Type") or "").split(";")[0]
        body = None
        if (kind == "application/json"
                or kind.endswith("+json")) and method != "HEAD" and reply.body:
            body = json.loads(reply.body)
        # The replaced APIs have the name under "code".
        name = body.get("code", body.get("error")) if isinstance(body, dict) else None
        if (reply.status, name) in ANYWHERE:
            return None
        key = (operation["operationId"], reply.status, name)
        self.seen[key] = self.seen.get(key, 0) + 1
        if self.seen[key] > ENOUGH:
            return None
        where = "%s answers %d" % (operation["operationId"], reply.status)
        response = self.resolve(operation["responses"].get(str(reply.status)))
        if response is None:
            return "%s %s, which openapi.json does not tell" % (where, name or "")
        if method == "HEAD" or (not reply.body and "content" not in response):
            return None
        media = response.get("content", {}).get(kind)
        if media is None:
            return "%s as %s, which openapi.json does not tell" % (where, kind)
        if body is None:
            return None
        if reply.status >= 400 and name and name not in media["examples"]:
            return "%s %s, which openapi.json does not tell" % (where, name)
        wrong = self.invalid(media["schema"], body)
        return wrong and "%s otherwise than openapi.json tells: %s" % (where, wrong)


def load():
    path = os.environ.get("TEST_OPENAPI")
    if not path:
        return None
    with open(path, encoding="utf-8") as f:
        return Document(json.load(f))


DOCUMENT = load()
