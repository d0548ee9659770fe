// The client of the MCP SDK against a running authd (mcp_client_test.py): node mcp_client.mjs, with
// the world in $WORLD. It is given the address of an MCP server and nothing else, becomes a client
// of authd by itself, signs ann in, and calls a tool. Fails with the reason.
import {strict as assert} from "node:assert";
import http from "node:http";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {Person} from "./judges_person.mjs";

const world = JSON.parse(process.env.WORLD);
const require = createRequire(pathToFileURL(`${world.packages}/`));
const sdk = (part) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/${part}`)));
const {Client} = await sdk("client/index.js");
const {StreamableHTTPClientTransport} = await sdk("client/streamableHttp.js");
const {UnauthorizedError} = await sdk("client/auth.js");
const {McpServer} = await sdk("server/mcp.js");
const {StreamableHTTPServerTransport} = await sdk("server/streamableHttp.js");

const resource = new URL(world.resource);
const REDIRECT = world.redirect;

// What the server of an API has to look at; the signature is judged elsewhere.
function isFor(token) {
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url") || "{}");
  return claims.iss === world.issuer && [claims.aud].flat().includes(world.resource);
}

// An MCP server that knows authd by its metadata only, and one tool.
const refused = [];
const server = http.createServer(async (request, reply) => {
  if (request.url === world.metadataPath) {
    reply.setHeader("Content-Type", "application/json");
    return reply.end(JSON.stringify(world.metadata));
  }
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (request.url !== resource.pathname || !token || !isFor(token)) {
    refused.push(request.url);
    const address = new URL(world.metadataPath, resource);
    reply.writeHead(401, {"WWW-Authenticate": `Bearer resource_metadata="${address}"`});
    return reply.end();
  }
  const tools = new McpServer({name: "tools", version: "1"});
  tools.tool("greet", async () => ({content: [{type: "text", text: "hello"}]}));
  const transport = new StreamableHTTPServerTransport({sessionIdGenerator: undefined});
  await tools.connect(transport);
  await transport.handleRequest(request, reply);
});
await new Promise((resolve) => server.listen(Number(resource.port), "127.0.0.1", resolve));

// What the program keeps.
class Kept {
  redirectUrl = REDIRECT;
  clientMetadataUrl = world.document;
  clientMetadata = {
    client_name: "Agent",
    redirect_uris: [REDIRECT],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  clientInformation = () => this.client;
  saveClientInformation = (client) => (this.client = client);
  tokens = () => this.kept;
  saveTokens = (tokens) => (this.kept = tokens);
  redirectToAuthorization = (url) => (this.asked = url);
  saveCodeVerifier = (verifier) => (this.verifier = verifier);
  codeVerifier = () => this.verifier;
}

async function greeting(kept) {
  const transport = new StreamableHTTPClientTransport(resource, {authProvider: kept});
  const client = new Client({name: "agent", version: "1"});
  await client.connect(transport);
  const answer = await client.callTool({name: "greet"});
  await client.close();
  return answer.content[0].text;
}

try {
  const kept = new Kept();
  const transport = new StreamableHTTPClientTransport(resource, {authProvider: kept});
  const client = new Client({name: "agent", version: "1"});
  await assert.rejects(client.connect(transport), UnauthorizedError);
  assert.equal(kept.asked.searchParams.get("resource"), world.resource);
  if (world.document) assert.equal(kept.client.client_id, world.document);
  else assert.match(kept.client.client_id, /^authd_registered_/);

  const ann = new Person(world);
  const {url} = await ann.visit(kept.asked, {end: REDIRECT});
  assert.equal(ann.consents, 1);
  await transport.finishAuth(url.searchParams.get("code"));
  assert.equal(await greeting(kept), "hello");

  // A token that the server does not take is renewed without ann.
  assert.ok(kept.kept.refresh_token);
  kept.kept = {...kept.kept, access_token: "a.e30.c"};
  assert.equal(await greeting(kept), "hello");
  assert.equal(ann.consents, 1);
  process.exit(0);
} catch (error) {
  console.log(error, error?.cause ?? "");
  process.exit(1);
}
