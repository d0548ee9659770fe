"""/openapi.json is valid OpenAPI 3.1 and correct, and each of its example requests does what it
says."""

import base64
import itertools
import json
import subprocess
import unittest
import urllib.parse

import documented
from documented import Document
from harness import DEADLINE, Server, basic
from npm import npm_folder
from openapi_world import World

VALIDATOR = "@seriousme/openapi-schema-validator"


class TheDocument(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--server.public-url", "https://auth.example.org")
        cls.addClassCleanup(cls.server.__exit__, None)
        cls.reply = cls.server.get("/openapi.json")
        cls.document = Document(cls.reply.json)

    def each(self, *parts):
        """Each media type of requests and replies, with its location."""
        for method, path, operation in self.document.operations():
            if "requests" in parts and "requestBody" in operation:
                for kind, media in operation["requestBody"]["content"].items():
                    yield "%s %s takes %s" % (method, path, kind), media
            if "replies" in parts:
                for status, response in operation["responses"].items():
                    for kind, media in self.document.resolve(response).get("content", {}).items():
                        yield "%s %s gives %s %s" % (method, path, status, kind), media

    def test_is_valid_by_the_schema_of_openapi(self):
        folder = npm_folder(VALIDATOR)
        script = (
            'import { Validator } from "%s/node_modules/%s/index.js"; const validator = new '
            'Validator();'
            'let text = ""; for await (const part of process.stdin) text += part;'
            'const found = await validator.validate(JSON.parse(text));'
            'console.log(JSON.stringify([found.valid, validator.version, found.errors ?? '
            '[]]));') % (folder, VALIDATOR)
        done = subprocess.run(["node", "--input-type=module", "-e", script], input=self.reply.body,
                              capture_output=True,
                              timeout=DEADLINE, check=True)
        self.assertEqual(json.loads(done.stdout), [True, "3.1", []])

    def test_tells_where_it_is(self):
        self.assertEqual([s["url"] for s in self.document.document["servers"]],
                         ["https://auth.example.org"])
        version = self.server.get("/health").json["version"]
        self.assertEqual(self.document.document["info"]["version"], version)
        tag = self.reply.headers["ETag"]
        self.assertEqual(self.server.get("/openapi.json", headers={"If-None-Match": tag}).status,
                         304)

    def test_is_what_the_other_tests_go_by(self):
        if documented.DOCUMENT:
            here = dict(self.document.document, servers=[])
            self.assertEqual(here, dict(documented.DOCUMENT.document, servers=[]))

    def test_every_reference_leads_somewhere_and_nothing_is_left_over(self):
        used = set()

        def walk(thing):
            if isinstance(thing, list):
                for one in thing:
                    walk(one)
            elif isinstance(thing, dict):
                if isinstance(thing.get("$ref"), str):
                    self.document.resolve(thing)
                    used.add(thing["$ref"])
                for one in thing.values():
                    walk(one)

        walk(self.document.document)
        names = {"#/components/%s/%s" % (kind, name) for kind,
                 things in self.document.document["components"].items()
                 for name in things if kind != "securitySchemes"}
        self.assertEqual(names - used, set())

    def test_every_operation_has_what_a_reader_needs(self):
        tags = [tag["name"] for tag in self.document.document["tags"]]
        ids = [operation["operationId"] for _, _, operation in self.document.operations()]
        self.assertEqual(len(ids), len(set(ids)))
        used = set()
        for method, path, operation in self.document.operations():
            with self.subTest(method + " " + path):
                self.assertTrue(operation["summary"])
                self.assertLessEqual(set(operation["tags"]), set(tags))
                used.update(operation["tags"])
                self.assertIn("security", operation)
                self.assertTrue([s for s in operation["responses"] if s < "400"])
                parameters = [self.document.resolve(p) for p in operation.get("parameters", [])]
                inside = {p["name"] for p in parameters if p["in"] == "path"}
                self.assertEqual(inside,
                                 {part[1:-1] for part in path.split("/") if part.startswith("{")})
                for parameter in parameters:
                    self.assertTrue(parameter["description"])
        self.assertEqual(used, set(tags))

    def test_every_example_fits_its_schema(self):
        for where, media in self.each("requests", "replies"):
            with self.subTest(where):
                # A named schema has its own examples.
                examples = self.document.examples(media)
                shared = self.document.resolve(media["schema"]).get("examples", [])
                self.assertTrue(examples or shared)
                for example in [*examples.values(), *shared]:
                    self.assertIsNone(self.document.invalid(media["schema"], example), example)


class Examples(unittest.TestCase):
    """Each example request is sent to a real server. The reply must be the first documented one,
    and match its schema."""

    def test_each_does_what_it_says(self):
        with World() as world:
            document = Document(world.server.get("/openapi.json").json)
            # Before all others: the first administrator needs an empty server.
            for method, path, operation in sorted(document.operations(),
                                                  key=lambda one: one[2][
                                                      "operationId"] != "set_up"):
                for name, request in requests_of(document, operation):
                    with self.subTest(method + " " + path, example=name):
                        world.begin()
                        reply = perform(world, document, method, path, operation, name, request)
                        expected = world.expected(operation, name)
                        self.assertEqual(reply.status, expected, reply.body)
                        self.assertIsNone(document.undocumented(method, path, reply))
                        for header in document.resolve(operation["responses"][str(expected)]).get(
                                "headers", {}):
                            self.assertIn(header, reply.headers)
            world.assert_all_were_used()


def requests_of(document, operation):
    """(name, {"query": …, "body": …, "type": …}): each example of the body, or else the request
    without one; also one with each query parameter that has an example."""
    parameters = [document.resolve(p) for p in operation.get("parameters", [])]
    queries = [p for p in parameters if p["in"] == "query" and "example" in p]
    required = {p["name"]: p["example"] for p in queries if p.get("required")}
    bodies = [(name, kind, value) for kind,
              media in operation.get("requestBody", {}).get("content", {}).items()
              for name, value in document.examples(media).items()]
    for name, kind, value in bodies:
        yield name, {"query": required, "body": value, "type": kind}
    if not operation.get("requestBody", {}).get("required"):
        yield "", {"query": required, "body": None, "type": None}
    for parameter in queries:
        if not parameter.get("required"):
            yield "?" + parameter["name"], {"query": {**required,
                                                      parameter["name"]: parameter["example"]},
                                            "body": None, "type": None}


def perform(world, document, method, path, operation, name, request):
    live = world.prepare(operation["operationId"], name)
    target = path
    for parameter in operation.get("parameters", []):
        parameter = document.resolve(parameter)
        if parameter["in"] == "path":
            value = live.get(parameter["name"], parameter["example"])
            target = target.replace("{%s}" % parameter["name"],
                                    urllib.parse.quote(str(value), safe=""))
    query = {key: live.get(key, value) for key,
             value in itertools.chain(request["query"].items(), live.get("query", {}).items())}
    if query:
        target += "?" + urllib.parse.urlencode(query)
    body = request["body"]
    if isinstance(body, dict):
        body = {key: live.get(key, world.alive(value)) for key, value in body.items()}
    headers = dict(live.get("headers", {}))
    schemes = [list(one) for one in operation["security"]]
    token = None
    if ["bearer"] in schemes and live.get("signed in", True):
        token = live.get("bearer") or world.token(operation)
    if ["client"] in schemes:
        headers.update(basic(*(live.get("client") or world.client())))
    if request["type"] == "application/x-www-form-urlencoded":
        return world.server.request(method, target, form=body, headers=headers)
    if request["type"] and request["type"].startswith("image/"):
        body = base64.b64decode(body)
        headers["Content-Type"] = request["type"]
    if request["type"] == "multipart/form-data":
        headers["Content-Type"] = "multipart/form-data; boundary=limit"
        body = b"".join(
            b'--limit\r\nContent-Disposition: form-data; name="%s"; filename="a"\r\n\r\n%s\r\n' % (
                name.encode(), base64.b64decode(value)) for name,
            value in body.items()) + b"--limit--\r\n"
    return world.server.request(method, target, body, token=token, headers=headers)


if __name__ == "__main__":
    unittest.main()
