// Judges ceremonies by @simplewebauthn/server: node passkey_judges.mjs FOLDER, with a list of
// {kind, question, answer, origin, rp_id, key} on standard input. Says "ok" for each, or why not.
import {webcrypto} from "node:crypto";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

globalThis.crypto ??= webcrypto; // which Debian 12's nodejs keeps to itself
const require = createRequire(`${process.argv[2]}/node_modules/`);
const {
  verifyRegistrationResponse,
  verifyAuthenticationResponse,
} = require("@simplewebauthn/server");

async function judge({kind, question, answer, origin, rp_id, key}) {
  const expected = {
    response: answer,
    expectedChallenge: question.challenge,
    expectedOrigin: origin,
    expectedRPID: rp_id,
    requireUserVerification: true,
  };
  if (kind === "registration") {
    const {verified} = await verifyRegistrationResponse({
      ...expected,
      supportedAlgorithmIDs: question.pubKeyCredParams.map(({alg}) => alg),
    });
    return verified;
  }
  const {verified} = await verifyAuthenticationResponse({
    ...expected,
    credential: {
      id: answer.id,
      publicKey: new Uint8Array(Buffer.from(key, "base64url")),
      counter: 0,
    },
  });
  return verified;
}

for (const one of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    console.log((await judge(one)) ? "ok" : "not verified");
  } catch (error) {
    console.log(`${error.name}: ${error.message}`);
  }
}
