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

/* The token of a mail's link, taken out of the address at once. */
function tokenFromAddress() {
  const match = /^#token=([A-Za-z0-9_-]+)$/.exec(location.hash);
  if (!match || !document.body.dataset.operation) return "";
  history.replaceState(null, "", location.pathname);
  return match[1];
}

/* The operation that a mail's link is for, opened, with the token in its body and the rest left to fill in. */
function present(token) {
  const path = document.body.dataset.operation;
  const spec = ui.specSelectors.specJson().toJS();
  const operation = spec.paths[path].post;
  const schema = operation.requestBody.content["application/json"].schema.$ref.split("/").pop();
  const body = Object.fromEntries(spec.components.schemas[schema].required.map((name) => [name, ""]));
  const value = JSON.stringify({ ...body, token }, null, 2);
  const place = ["operations", operation.tags[0], operation.operationId];
  ui.layoutActions.show(place, true);
  setTimeout(() => {  // once it is drawn, with its example in the body
    ui.oas3Actions.setRequestBodyValue({ value, pathMethod: [path, "post"] });
    document.getElementById(place.join("-"))?.scrollIntoView();
  }, 200);
}

function say(text, isWrong = false) {
  said.textContent = text;
  said.classList.toggle("wrong", isWrong);
}

/* The workspace that the key opens, put into every operation that asks for one. */
function fillIn(workspaceId) {
  for (const [path, operations] of Object.entries(ui.specSelectors.specJson().toJS().paths)) {
    if (!path.includes("{workspace_id}")) continue;
    for (const method of Object.keys(operations)) {
      ui.specActions.changeParam([path, method], "workspace_id", "path", workspaceId);
    }
  }
}

let asked = 0;

async function use(key) {
  const mine = ++asked;  // an answer for a key that was replaced meanwhile changes nothing
  ui.authActions.logout(["api_key"]);
  say("");
  if (!key) return;
  ui.preauthorizeApiKey("api_key", key);
  say("checking…");
  try {
    const answer = await fetch("/v1/workspaces", { headers: { authorization: "Bearer " + key } });
    const [workspace] = answer.ok ? (await answer.json()).items : [];
    if (mine !== asked) return;
    if (workspace) fillIn(workspace.id);
    if (workspace) say("valid: " + key.slice(0, 12) + "…, workspace " + workspace.name);
    else if (answer.status === 401) say("not a valid key", true);
    else if (answer.status === 403) say("valid: " + key.slice(0, 12) + "…, but may not read workspaces");
    else say("could not be checked: " + answer.status, true);
  } catch {
    if (mine === asked) say("could not be checked", true);
  }
}

const given = keyFromAddress();
const mailed = tokenFromAddress();
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
  onComplete: () => {
    if (given) use(given);
    if (mailed) present(mailed);
  },
});

document.getElementById("authorize").addEventListener("submit", (event) => {
  event.preventDefault();
  use(field.value.trim());
  field.value = "";
});
