// Whether npm's standardwebhooks takes messages: reads a list of {secret, headers, body}, and prints
// "ok" or why not for each. Its first argument is the folder with node_modules.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join} from "node:path";

const require = createRequire(join(process.argv[2], "node_modules", "/"));
const {Webhook} = require("standardwebhooks");

for (const {secret, headers, body} of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    new Webhook(secret).verify(body, headers);
    console.log("ok");
  } catch (error) {
    console.log(error.message);
  }
}
