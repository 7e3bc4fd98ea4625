"use strict";
const said = document.getElementById("said");
const field = document.getElementById("key");
const dark = matchMedia("(prefers-color-scheme: dark)");

function follow() { document.documentElement.classList.toggle("dark-mode", dark.matches); }
dark.addEventListener("change", follow);
follow();

/* A key in the address is taken on one's own machine only, and taken out of it at once. */
function keyFromAddress() {
  const match = /^#key=(lmp_[A-Za-z0-9_]+)$/.exec(location.hash);
  if (!match || document.body.dataset.prefill !== "yes") return "";
  history.replaceState(null, "", location.pathname + location.search);
  return match[1];
}

function use(key) {
  if (key) {
    ui.preauthorizeApiKey("api_key", key);
    said.textContent = "in use: " + key.slice(0, 12) + "…";
  } else {
    ui.authActions.logout(["api_key"]);
    said.textContent = "";
  }
}

const given = keyFromAddress();
const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  showCommonExtensions: true,
  syntaxHighlight: { theme: "agate" },
  validatorUrl: null,
  onComplete: () => { if (given) use(given); },
});

document.getElementById("authorize").addEventListener("submit", (event) => {
  event.preventDefault();
  use(field.value.trim());
  field.value = "";
});
