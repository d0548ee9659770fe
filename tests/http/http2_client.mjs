// Sends requests over one HTTP/2 connection: http2_client.mjs PORT HOST CA REQUESTS, where REQUESTS
// is a JSON list of {headers, trailers}. Prints a list of [status, reached, body].
import http2 from "node:http2";
import {readFileSync} from "node:fs";

const [port, host, ca, requests] = process.argv.slice(2);
const session = http2.connect(`https://${host}:${port}`, {
  ca: readFileSync(ca),
  servername: host,
  lookup: (_, options, done) =>
    options.all ? done(null, [{address: "127.0.0.1", family: 4}]) : done(null, "127.0.0.1", 4),
});

function ask({headers, trailers}) {
  return new Promise((done, fail) => {
    const stream = session.request(
      {":method": "POST", ":path": "/x", ...headers},
      {
        waitForTrailers: Boolean(trailers),
      },
    );
    let reply = {};
    let body = "";
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.on("response", (received) => (reply = received));
    stream.on("data", (piece) => (body += piece));
    stream.on("end", () => done([reply[":status"], Boolean(reply["x-reached"]), body]));
    stream.on("error", fail);
    stream.end("a");
  });
}

const replies = [];
for (const request of JSON.parse(requests)) replies.push(await ask(request));
console.log(JSON.stringify(replies));
session.close();
