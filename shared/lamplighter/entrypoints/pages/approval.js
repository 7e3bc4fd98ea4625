"use strict";
const byId = (id) => document.getElementById(id);
const form = byId("decision");
/* The token is kept in this page's memory alone: not in the address, which others may see, nor in any storage. */
let token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);
let hash = null;

const STATES = {
  approved: "Approved. Nothing more is asked of you.",
  rejected: "Rejected. It does not go out unless an approval is asked for again.",
  none: "No approval is asked for any more.",
};
const KINDS = { post: "", thread: "followed by", comment: "with the comment" };

function made(tag, text, name) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (name) element.className = name;
  return element;
}

function spelled(time) {
  const at = new Date(time);
  const shown = { dateStyle: "full", timeStyle: "short" };
  const here = new Intl.DateTimeFormat(undefined, { ...shown, timeZone: undefined }).format(at);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const utc = new Intl.DateTimeFormat(undefined, { ...shown, timeZone: "UTC" }).format(at);
  return zone === "UTC" ? here + " UTC" : here + " (" + zone + "), that is " + utc + " UTC";
}

function say(words, kind) {
  byId("said").textContent = words;
  byId("said").className = "said " + (kind || "");
}

async function ask(method, path, body) {
  const headers = { accept: "application/json", authorization: "Bearer " + token };
  if (body) headers["content-type"] = "application/json";
  const answer = await fetch("/v1/approval" + path, {
    method, headers, body: body && JSON.stringify(body), cache: "no-store", credentials: "omit",
  });
  const told = await answer.json();
  if (answer.ok) return told;
  throw Object.assign(new Error(told.detail || told.message || "Something went wrong."), { code: told.code });
}

function part(given) {
  const element = made("div", "", "part");
  if (KINDS[given.kind]) element.append(made("small", KINDS[given.kind]));
  if (given.text) {
    const text = made("p", given.text);
    text.dir = "auto";
    element.append(text);
  }
  for (const picture of given.pictures) {
    const figure = made("figure");
    const image = made("img");
    image.src = picture.url;
    image.alt = picture.alt;
    image.referrerPolicy = "no-referrer";
    if (picture.width) image.width = picture.width;
    if (picture.height) image.height = picture.height;
    figure.append(image);
    if (picture.alt) figure.append(made("figcaption", picture.alt));
    element.append(figure);
  }
  return element;
}

function card(post) {
  const element = made("article", "", "post");
  const title = made("h2", post.account || post.platform);
  if (post.account) title.append(" ", made("span", "on " + post.platform));
  element.append(title, ...post.parts.map(part));
  return element;
}

function shown(view) {
  hash = view.approval_hash;
  document.title = "Approval: " + view.workspace;
  byId("asked").textContent = view.workspace + " wants to post this on " + spelled(view.scheduled_at) + ".";
  byId("posts").replaceChildren(...view.posts.map(card));
  byId("until").textContent = "This link works until " + spelled(view.expires_at) + ".";
  form.hidden = view.status !== "pending";
  if (STATES[view.status]) say(STATES[view.status], view.status === "approved" ? "good" : "");
}

function refused(error) {
  const unknown = error.code === "unauthenticated";
  say(unknown ? "Ask whoever sent you this link for another one." : error.message, "bad");
  if (unknown || error.code === "link_expired" || error.code === "link_revoked") {
    token = null;
    form.hidden = true;
    byId("posts").replaceChildren();
    byId("asked").textContent = "This link opens nothing.";
  }
}

async function load() {
  if (!token) {
    byId("asked").textContent = "";
    say("Open the link once more as it was sent to you: its last part was not there.", "bad");
    return;
  }
  try {
    shown(await ask("GET", ""));
  } catch (error) {
    refused(error);
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!event.submitter) return; // no button, no decision
  const buttons = [...form.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  const comment = byId("comment").value.trim() || null;
  try {
    await ask("POST", event.submitter.value === "reject" ? "/reject" : "/approve", { comment, approval_hash: hash });
    await load();
  } catch (error) {
    if (error.code === "content_changed_since") await load();
    refused(error);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
});

addEventListener("hashchange", () => location.reload());
load();
