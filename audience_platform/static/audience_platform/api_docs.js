"use strict";

const page = document.getElementById("swagger-ui");

SwaggerUIBundle({
  url: page.dataset.schema,
  domNode: page,
  deepLinking: true,
  docExpansion: "none", // there are hundreds of routes: one opens the part that one looks for
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  validatorUrl: null, // nothing is asked of another host
});
