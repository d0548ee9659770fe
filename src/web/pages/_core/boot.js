// What the server wrote into the page: branding, providers, rules, and where to go after sign-in.

export const boot = JSON.parse(document.getElementById("boot").textContent);
