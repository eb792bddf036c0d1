// Shows the description of the API; without the fetched script the link to the document remains.
const place = document.getElementById("api");

globalThis.SwaggerUIBundle?.({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  // Nothing is asked of others: no badge of an online validator.
  validatorUrl: null,
});
