"""What TypeScript makes of authd: the module for pages (/authd.js) by its types, and the types that
openapi-typescript makes of /openapi.json. And the module itself: its size, its version, and who may
load it. And whether the scripts of the pages use only names that exist."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import DEADLINE, ServerCase, clean_environment, command
from npm import npm_folder

PAGES = pathlib.Path(__file__).resolve().parents[2] / "src/web/pages"
PAGE = "https://app.example.org"
MODULE = "https://auth.example.org/authd.js"
SAMPLE = """
import * as authd from "%s";

async function start(form: HTMLFormElement): Promise<string> {
  const user: authd.User | null = await authd.session();
  if (user) return user.username ?? user.subject;
  let reply = await authd.signIn({login: form["login"].value, password: "x"});
  if (reply.mfa_required) reply = await authd.signIn({mfa_token: reply.mfa_token, code: "1"});
  if (reply.steps_required) reply = await authd.signIn({step_token: reply.step_token});
  return "user" in reply ? reply.user.subject : "";
}

export async function page(form: HTMLFormElement): Promise<void> {
  const end = authd.on("expired", (user) => console.log(user?.roles.join()));
  try {
    console.log(await start(form), authd.version);
    const reply: Response = await authd.fetch("/api/v1/users/me", {method: "PATCH"});
    if (reply.status === 403) await authd.reauthenticate({password: "x"});
    const {id, recovery_codes} = await authd.passkeys.add("Laptop");
    console.log(recovery_codes?.length, (await authd.passkeys.list()).map(({name}) => name));
    await authd.passkeys.remove(id);
    if (authd.passkeys.supported()) await authd.passkeys.signIn({mediation: "conditional"});
    await authd.signOut();
  } catch (error) {
    if (error instanceof authd.AuthdError) console.log(error.code, error.wait + error.status);
  }
  end();
  await authd.signIn();
}
""" % MODULE
CLIENT = """
import type {components, paths} from "./openapi";

type Login = paths["/api/v1/auth/login"]["post"];
type Refusal = components["schemas"]["Error"];
const body: Login["requestBody"]["content"]["application/json"] = {login: "ann", password: "x"};
type Reply = Login["responses"][200]["content"]["application/json"];

export function signedIn(reply: Reply): string {
  if ("mfa_required" in reply) return reply.mfa_token;
  if ("steps_required" in reply) return reply.step_token;
  return "access_token" in reply ? reply.access_token : reply.csrf_token;
}
export const refusal = ({error}: Refusal): string => error + JSON.stringify(body);
"""


class TypeScript(ServerCase):
    FLAGS = ("--cors.allowed-origins", PAGE)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="authd-typescript-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        os.symlink(os.path.join(npm_folder("typescript", "openapi-typescript"), "node_modules"),
                   self.folder / "node_modules")

    def run_node(self, *words):
        return subprocess.run(["node", *words], cwd=self.folder, env=clean_environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=4 * DEADLINE,
                              check=False)

    def complaints(self, name, text):
        """What tsc says about a file beside the types of the server."""
        (self.folder / name).write_text(text, encoding="utf-8")
        (self.folder / "tsconfig.json").write_text(json.dumps({
            "compilerOptions": {
                "strict": True, "noEmit": True, "skipLibCheck": False, "target": "es2022",
                "module": "esnext", "moduleResolution": "bundler", "types": [],
                "lib": ["es2022", "dom", "dom.iterable"], "paths": {MODULE: ["./authd.d.ts"]}},
            "files": [name]}), encoding="utf-8")
        return self.run_node("node_modules/typescript/bin/tsc", "--project", ".").stdout

    def take(self, name):
        """A file of the server, in the folder."""
        reply = self.server.get("/" + name)
        self.assertEqual(reply.status, 200)
        (self.folder / name).write_bytes(reply.body)
        return reply

    def test_a_page_compiles_against_the_types_of_the_module(self):
        self.take("authd.d.ts")
        self.assertEqual(self.complaints("page.ts", SAMPLE), "")
        for wrong, right in (("signIn({login: 1})", "signIn()"), ('on("expires"', 'on("expired"'),
                             ("user.username.length", "user.username ?? user.subject")):
            self.assertIn("error TS", self.complaints("page.ts", SAMPLE.replace(right, wrong)),
                          wrong)

    def test_the_types_name_what_the_module_exports(self):
        self.take("authd.d.ts")
        reply = self.take("authd.js")
        (self.folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
        said = self.run_node("--input-type=module", "--eval",
                             "import * as all from './authd.js';"
                             "console.log(JSON.stringify([Object.keys(all),"
                             "Object.keys(all.passkeys), all.version]));"
                             "process.exit();").stdout
        exported, passkeys, version = json.loads(said)
        self.assertEqual(self.complaints("names.ts", """
            import * as authd from "%s";
            export const all: Record<keyof typeof authd, 1> = %s;
            export const some: Record<keyof typeof authd.passkeys, 1> = %s;""" % (
                MODULE, json.dumps(dict.fromkeys(exported, 1)),
                json.dumps(dict.fromkeys(passkeys, 1)))), "")
        self.assertIn(version, command("version").out)
        self.assertIn(version, (self.folder / "authd.d.ts").read_text(encoding="utf-8"))
        self.assertLessEqual(len(reply.body), 6 * 1024)

    def test_only_listed_origins_load_the_module(self):
        for path in ("/authd.js", "/authd.d.ts"):
            for origin, allowed in ((PAGE, PAGE), ("https://evil.example", None), ("null", None)):
                reply = self.server.get(path, headers={"Origin": origin})
                self.assertEqual(reply.headers["Access-Control-Allow-Origin"], allowed)
                self.assertEqual(reply.headers["Cross-Origin-Resource-Policy"], "same-origin")
                self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")

    def test_openapi_typescript_reads_the_document(self):
        self.take("openapi.json")
        made = self.run_node("node_modules/openapi-typescript/bin/cli.js", "openapi.json",
                             "--output", "openapi.d.ts")
        self.assertEqual(made.returncode, 0, made.stdout)
        # What becomes "anything": bodies have types.
        types = (self.folder / "openapi.d.ts").read_text(encoding="utf-8")
        self.assertNotIn("} | unknown", types)
        self.assertEqual(self.complaints("client.ts", CLIENT), "")
        self.assertIn("error TS", self.complaints("client.ts",
                                                  CLIENT.replace('password: "x"', "password: 1")))


class Scripts(unittest.TestCase):
    # A name that nothing has, a short-hand member of such a name, an import that is not exported.
    UNKNOWN = re.compile(r"(?m)^.*error TS(?:2304|2305|2459|2552|2614|2724|18004): .*$")

    def test_of_the_pages_use_only_names_that_exist(self):
        with tempfile.TemporaryDirectory(prefix="authd-typescript-") as folder:
            shutil.copytree(PAGES, os.path.join(folder, "pages"))
            # What is found, to know that anything is.
            pathlib.Path(folder, "pages/wrong.js").write_text(
                'import {t, none_such} from "./_admin/layout.js";\n'
                "export const act = () => nowhere(t, none_such, {elsewhere});\n",
                encoding="utf-8")
            pathlib.Path(folder, "tsconfig.json").write_text(json.dumps({
                "compilerOptions": {
                    "allowJs": True, "checkJs": True, "noEmit": True, "target": "esnext",
                    "module": "esnext", "moduleResolution": "bundler", "types": [],
                    "resolveJsonModule": True, "lib": ["esnext", "dom", "dom.iterable"]},
                "include": ["pages/**/*.js"]}), encoding="utf-8")
            tsc = os.path.join(npm_folder("typescript", "openapi-typescript"),
                               "node_modules/typescript/bin/tsc")
            done = subprocess.run(
                ["node", tsc, "--project", folder, "--listFiles"], cwd=folder,
                env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, timeout=4 * DEADLINE, check=False)
        self.assertIn("pages/_admin/webhooks.js", done.stdout)
        found = self.UNKNOWN.findall(done.stdout)
        wrong = [line for line in found if line.startswith("pages/wrong.js")]
        self.assertEqual(len(wrong), 4, done.stdout)
        self.assertEqual([line for line in found if line not in wrong], [])


if __name__ == "__main__":
    unittest.main()
