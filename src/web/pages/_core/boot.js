// What the server wrote into the page: branding, providers, rules, and where to go after sign-in.

export const boot = JSON.parse(document.getElementById("boot").textContent);

// Whether people sign in here with "password", "passkey", "email_link", "email_code" or
// "providers".
export const signsInBy = (method) => boot.methods.includes(method);
