// The reference of the API, drawn from the schema; loaded on its page alone.
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

const place = document.getElementById("api-docs");
const csrf = document.body.dataset.csrf ?? "";

if (place) {
  if (document.documentElement.dataset.theme === "dark") document.documentElement.classList.add("dark-mode");
  SwaggerUI({
    domNode: place,
    url: place.dataset.schema,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: false,
    validatorUrl: null,
    requestInterceptor(request: { url: string; headers: Record<string, string> }) {
      // A signed-in browser may try doors out; another origin never sees its token.
      if (new URL(request.url, location.href).origin === location.origin) request.headers["X-CSRFToken"] = csrf;
      return request;
    },
  });
}
