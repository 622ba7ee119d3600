// Draws the description of the HTTP API. No validator: it would send the description to another host.
const place = document.getElementById("docs");
window.SwaggerUIBundle({ url: place.dataset.description, domNode: place, deepLinking: true, validatorUrl: null });
