// An application that runs in the browser alone and signs people in with oidc-client-ts. It answers
// every GET with its page, and shows at /form what was posted there.
import {readFileSync} from "node:fs";
import {createServer} from "node:https";

// In the page. Each address of the application has its part of the library's work.
async function run({oidc}, settings) {
  const {pathname, origin, search} = location;
  const manager = new oidc.UserManager({
    ...settings,
    redirect_uri: `${origin}/callback`,
    popup_redirect_uri: `${origin}/popup`,
    silent_redirect_uri: `${origin}/silent`,
    post_logout_redirect_uri: `${origin}/bye`,
    automaticSilentRenew: false,
    loadUserInfo: true,
    filterProtocolClaims: false, // The tests look at auth_time.
  });
  globalThis.manager = manager;
  const show = (text) => {
    document.querySelector("main").textContent = text;
  };
  // What the outcome of a flow looks like: the name of the person, or the error.
  globalThis.attempt = async (step) => {
    show("busy");
    try {
      await step();
      const user = await manager.getUser();
      show(user ? `in: ${user.profile.preferred_username}` : "out");
    } catch (error) {
      show(`error: ${error.error ?? error.message}`);
    }
  };
  if (pathname === "/popup") {
    await manager.signinPopupCallback();
  } else if (pathname === "/silent") {
    await manager.signinSilentCallback();
  } else {
    await attempt(async () => {
      if (pathname === "/callback") await manager.signinRedirectCallback();
      if (pathname === "/bye" && search) await manager.signoutRedirectCallback();
      if (pathname !== "/") history.replaceState({}, "", "/");
    });
  }
}

const page = (settings) => `<!doctype html>
<html lang="en">
<link rel="icon" href="data:,">
<title>Application</title>
<main></main>
<script src="/oidc-client-ts.js"></script>
<script>(${run})(globalThis, ${JSON.stringify(settings)});</script>
</html>`;

// Answers for the application until the process ends.
export async function serveApplication({port, tls, library, settings}) {
  const script = readFileSync(library);
  const server = createServer(tls, async (request, reply) => {
    const {pathname} = new URL(request.url, "https://localhost");
    if (request.method === "POST") {
      let body = "";
      for await (const chunk of request) body += chunk;
      reply.setHeader("Content-Type", "text/plain; charset=utf-8");
      reply.end(`${request.method} ${request.url}\n${request.headers["content-type"]}\n${body}`);
    } else if (pathname === "/oidc-client-ts.js") {
      reply.setHeader("Content-Type", "text/javascript");
      reply.end(script);
    } else {
      reply.setHeader("Content-Type", "text/html; charset=utf-8");
      reply.end(page(settings));
    }
  });
  server.unref();
  await new Promise((resolve, reject) => {
    server.on("error", reject).listen(port, "127.0.0.1", resolve);
  });
}
