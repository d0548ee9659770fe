"""An MCP client that is configured with nothing but the address of an MCP server, and signs a
person in with authd: by registration (RFC 7591), and by a document at its own address."""

import json
import os
import pathlib
import subprocess
import unittest

from documents import Documents, can_trust
from harness import DEADLINE, PASSWORD, ServerCase, reserve_port
from npm import npm_folder

HERE = pathlib.Path(__file__).resolve().parent
REDIRECT = "http://127.0.0.1:9/callback"  # nobody listens there


class McpCase(ServerCase):
    PROVIDER = ()

    @classmethod
    def setUpClass(cls):
        cls.packages = npm_folder("@modelcontextprotocol/sdk")
        port = reserve_port()
        cls.issuer = "http://127.0.0.1:%d" % port
        cls.server = cls.SERVER("--server.public-url", cls.issuer, *cls.PROVIDER,
                                listen="127.0.0.1:%d" % port)
        cls.server.sign_up("ann", email="ann@example.org")

    def connect(self, document=None):
        resource = "http://127.0.0.1:%d/mcp" % reserve_port()
        self.server.command("resource", "add", resource, "Tools", "--scope", "tools:run")
        shown = self.server.command("resource", "show", resource, "--metadata")
        world = {"packages": self.packages, "issuer": self.issuer, "login": "ann",
                 "password": PASSWORD, "resource": resource, "redirect": REDIRECT,
                 "metadata": json.loads(shown.out),
                 "metadataPath": "/.well-known/oauth-protected-resource/mcp"}
        if document:
            world["document"] = document
        done = subprocess.run(["node", HERE / "mcp_client.mjs"],
                              env={**os.environ, "WORLD": json.dumps(world)},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=4 * DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode("utf-8", "replace"))


class RegistrationTest(McpCase):
    PROVIDER = ("--provider.registration", "open")

    def test_the_client_registers_itself(self):
        self.connect()


@unittest.skipUnless(can_trust(), "only root gives a server other authorities")
class DocumentTest(McpCase):
    PROVIDER = ("--provider.cimd", "open", "--provider.outbound-networks", "127.0.0.0/8")

    @classmethod
    def setUpClass(cls):
        cls.documents = Documents()
        cls.SERVER = cls.documents.trusting_server()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.documents.stop()

    def test_the_client_has_a_document(self):
        self.connect(self.documents.publish("/agent.json", redirect_uris=[REDIRECT]))


if __name__ == "__main__":
    unittest.main()
