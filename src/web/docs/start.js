// Requests that are tried out go to where the page came from, whatever public_url says: the page's
// policy lets it ask nobody else.
const reply = await fetch("/openapi.json");
const spec = await reply.json();
spec.servers = [{url: location.origin}];
SwaggerUIBundle({
  spec,
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
