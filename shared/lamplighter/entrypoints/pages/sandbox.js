"use strict";
const account = document.body.dataset.account;
const query = account ? "?account=" + encodeURIComponent(account) : "";
const byId = (id) => document.getElementById(id);
const form = byId("fault-form");
if (matchMedia("(max-width: 860px)").matches) byId("faults").open = false;
let drawn = { posts_html: byId("posts").innerHTML, calls_html: byId("calls").innerHTML };

function ago(seconds) {
  if (seconds < 60) return Math.max(0, Math.floor(seconds)) + " s ago";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min ago";
  if (seconds < 86400) return Math.floor(seconds / 3600) + " h ago";
  return Math.floor(seconds / 86400) + " d ago";
}

function tick() {
  for (const mark of document.querySelectorAll(".ago")) {
    mark.textContent = ago((Date.now() - Date.parse(mark.dataset.at)) / 1000);
  }
}

/* The HTML comes from this origin, where every text was escaped; the policy of this page runs no inline handler. */
function drawPosts(html) {
  const known = new Set([...document.querySelectorAll(".post")].map((post) => post.id));
  byId("posts").innerHTML = html;
  for (const post of document.querySelectorAll(".post")) {
    if (!known.has(post.id)) post.classList.add("new");
  }
}

function drawFault(words, on) {
  byId("state").textContent = words;
  byId("state").classList.toggle("on", on);
}

async function poll() {
  try {
    const answer = await fetch("/sandbox/feed" + query, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const feed = await answer.json();
    if (feed.posts_html !== drawn.posts_html) drawPosts(feed.posts_html);
    if (feed.calls_html !== drawn.calls_html) byId("calls").innerHTML = feed.calls_html;
    byId("summary").textContent = feed.summary;
    drawFault(feed.fault_words, feed.fault_on);
    drawn = feed;
    byId("live").classList.remove("stale");
  } catch {
    byId("live").classList.add("stale");
    byId("summary").textContent = "not reached, trying again";
  }
  tick();
}

async function setFault(method, body) {
  const answer = await fetch("/sandbox/faults" + query, {
    method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body),
  });
  if (answer.ok) {
    byId("said").textContent = method === "PUT" ? "Switched on." : "Switched off.";
  } else {
    const problem = await answer.json();
    byId("said").textContent = problem.errors.map((e) => e.detail).join(" ") || problem.detail;
  }
  await poll();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(form);
  setFault("PUT", {
    fault: given.get("fault") || null,
    latency_ms: Number(given.get("latency_ms") || 0),
    remaining: given.get("remaining") ? Number(given.get("remaining")) : null,
    calls: given.get("calls") || null,
  });
});
byId("off").addEventListener("click", () => setFault("DELETE"));

async function run() {
  if (!document.hidden) await poll();
  setTimeout(run, 1500);
}
if (document.body.dataset.view === "open") run();
setInterval(tick, 1000);
