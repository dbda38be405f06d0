import { csrfToken, find } from "../lib/dom";

interface RequestContext {
  ctx: { request: { method: string; headers: Record<string, string> }; response?: { raw: Response } };
}

/** htmx carries the CSRF token, shows a thin line while it waits, and leaves a page where the session ended. */
export function watchRequests(): void {
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = (event as CustomEvent<RequestContext>).detail.ctx;
    if (request.method !== "GET") request.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:before:response", (event) => {
    const response = (event as CustomEvent<RequestContext>).detail.ctx.response?.raw;
    if (response?.status === 401 || (response?.redirected && /\/accounts\/(login|reauthenticate)/.test(response.url))) {
      event.preventDefault();
      location.assign(response.status === 401 ? location.href : response.url);
    }
  });
  document.addEventListener("htmx:after:swap", () => {
    const invalid = find("[aria-invalid=true]");
    if (invalid && document.activeElement === document.body) invalid.focus();
  });
}
