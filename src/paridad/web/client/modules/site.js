// SPDX-License-Identifier: Apache-2.0
// What pages do quietly: focus an error summary; fetch a live part again when the record has grown, and tell it once.
for (const summary of document.querySelectorAll("[data-focus]")) summary.focus();

const live = document.getElementById("live");
const told = document.getElementById("live-told");
const part = () => document.querySelector("[data-live]");

if (live) follow(live.dataset.position, part().dataset.state);

function follow(position, state) {
  // The first event after each connection carries the position: what was missed meanwhile is noticed then.
  live.addEventListener("position", (event) => {
    if (event.detail.data === position) return;
    position = event.detail.data;
    refresh();
  });
  document.addEventListener("htmx:after:swap", () => {
    if (part().dataset.state === state) return;
    state = part().dataset.state;
    told.textContent = told.dataset.text;
  });
}

// Nothing changes under somebody's hands: while a field is being filled in the part waits.
function refresh() {
  const field = document.activeElement?.closest("input, textarea, select");
  if (part().contains(field)) field.addEventListener("blur", refresh, { once: true });
  else part().dispatchEvent(new CustomEvent("refresh"));
}
