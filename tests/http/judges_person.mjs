// A person with a browser, for clients that run in node: keeps cookies, follows redirects, submits
// the form of form_post, signs in, and answers what an application asks for.

export class Person {
  cookies = new Map(); // All sites of a test are one host, and cookies do not tell ports apart.
  consents = 0;

  constructor({issuer, login, password}) {
    Object.assign(this, {issuer, login, password});
  }

  async fetch(address, options = {}) {
    const reply = await fetch(address, {
      redirect: "manual",
      ...options,
      headers: {
        Accept: "text/html",
        Cookie: [...this.cookies].map((pair) => pair.join("=")).join("; "),
        ...options.headers,
      },
    });
    for (const line of reply.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      const ends = line.match(/; *expires=([^;]+)/i)?.[1];
      if (!value || /; *max-age=0/i.test(line) || (ends && Date.parse(ends) <= Date.now()))
        this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return reply;
  }

  async api(path, body) {
    const reply = await this.fetch(`${this.issuer}/api/v1/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: {
        "Content-Type": "application/json",
        "X-Authd-Session": "cookie",
        ...(this.csrf ? {"X-CSRF-Token": this.csrf} : {}),
      },
    });
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    return reply.status === 204 ? null : reply.json();
  }

  async signIn() {
    this.csrf = undefined;
    const {csrf_token: csrf} = await this.api("auth/login", {
      login: this.login,
      password: this.password,
    });
    this.csrf = csrf;
  }

  // Goes where the sites lead. Ends at a page, which is returned as {url, status, text}, or at an
  // address that begins with `end`, where nobody listens: {url}.
  async visit(address, {end, ...options} = {}) {
    let next = {url: new URL(address), options};
    for (let steps = 0; steps < 30; ++steps) {
      if (end && next.url.href.startsWith(end)) return {url: next.url};
      const reply = await this.fetch(next.url, next.options);
      if (reply.status >= 300 && reply.status < 400) {
        await reply.arrayBuffer();
        const url = new URL(reply.headers.get("Location"), next.url);
        next = {url: await this.pass(url), options: {}};
        continue;
      }
      const text = await reply.text();
      const form = formOf(text, next.url);
      if (!form) return {url: next.url, status: reply.status, text};
      next = {url: form.action, options: {method: "POST", body: form.fields}};
    }
    throw new Error(`the redirects do not end: ${next.url}`);
  }

  // What a person does on the pages of authd; returns where they go from there.
  async pass(url) {
    if (url.origin !== this.issuer) return url;
    if (url.pathname === "/signin") {
      await this.signIn();
      return new URL(url.searchParams.get("return_to"), url);
    }
    if (url.pathname === "/consent") {
      ++this.consents;
      const answer = await this.api(`oauth/requests/${url.searchParams.get("request")}`, {
        decision: "allow",
      });
      return new URL(answer.redirect_to, url);
    }
    return url;
  }
}

const unescaped = (text) =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

// The form of a page that a script submits at once.
function formOf(html, base) {
  const action = html.match(/<form method="post" action="([^"]*)"/)?.[1];
  if (!action) return null;
  const fields = new URLSearchParams();
  for (const [tag] of html.matchAll(/<input [^>]*>/g)) {
    const name = tag.match(/ name="([^"]*)"/)?.[1];
    if (name) fields.append(unescaped(name), unescaped(tag.match(/ value="([^"]*)"/)?.[1] ?? ""));
  }
  return {action: new URL(unescaped(action), base), fields};
}
