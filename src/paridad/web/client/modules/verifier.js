// SPDX-License-Identifier: Apache-2.0
// The verifier of the ledger page: reads what was pasted, checks it here, and says in words what was proved and what was
// not. After the page has loaded it asks nothing of anybody: it works with the network unplugged.
import { Refused, actHash, checkConsistency, checkInclusion, checkNote, decode, envelope, leafHash, readCheckpoint, readKey, readProof, signedText } from "./proofs.js";

const root = document.getElementById("verifier");
const language = document.documentElement.lang;
const words = new Map([...document.getElementById("verifier-words").content.querySelectorAll("[data-word]")].map((each) => [each.dataset.word, each.textContent]));

root.hidden = false;
for (const form of root.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(form, form.dataset.check === "act" ? verifyAct(form) : verifyGrowth(form));
  });
}

async function verifyAct(form) {
  const found = { proved: [], open: [] };
  const signed = signedText(form.elements.act_text.value);
  const said = envelope(signed);
  found.proved.push(say("hash", { hash: await actHash(signed) }));
  const proof = readProof(ended(form.elements.proof_text.value));
  const head = await verifiedHead(proof.note, found);
  await checkInclusion(await leafHash(signed), proof.index, head.size, proof.path, head.root);
  found.proved.push(say("included", { index: proof.index, size: head.size, origin: head.origin }));
  found.open.push(say("speaker", { speaker: said.iss ?? "", at: moment(said.iat ?? 0) }), say("truth"));
  return found;
}

async function verifyGrowth(form) {
  const found = { proved: [], open: [] };
  const old = await verifiedHead(ended(form.elements.old_note.value), found);
  const head = await verifiedHead(ended(form.elements.new_note.value), found);
  if (old.origin !== head.origin) throw new Refused("two_logs", { old: old.origin, origin: head.origin });
  const hashes = form.elements.hashes.value.split(/\s+/).filter(Boolean).map(decode);
  await checkConsistency(old.size, head.size, hashes, old.root, head.root);
  found.proved.push(say("continues", { old: old.size, size: head.size, origin: head.origin }));
  found.open.push(say("truth"));
  return found;
}

// A head is believed when a known key of its log signed it; who cosigned it, and which lines say nothing here, is told.
async function verifiedHead(note, found) {
  const keys = await Promise.all(document.getElementById("keys").value.split(/\s+/).filter(Boolean).map(readKey));
  const { text, lines } = await checkNote(note, keys);
  const head = readCheckpoint(text);
  if (!lines.some((line) => line.state === "log" && line.name === head.origin)) throw new Refused("no_signature", { name: head.origin });
  for (const { name, state, time } of lines) {
    const known = state === "log" || state === "cosigner";
    (known ? found.proved : found.open).push(say(state, { name, size: head.size, at: time ? moment(Number(time)) : "" }));
  }
  if (!lines.some((line) => line.state === "cosigner")) found.open.push(say("alone"));
  return head;
}

async function show(form, checking) {
  const place = form.querySelector("[data-result]");
  let parts;
  try {
    const { proved, open } = await checking;
    parts = [verdict("proved", proved), verdict("open", open)];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    parts = [verdict("failed", [say(error.why, error.values)])];
  }
  place.replaceChildren(...parts);
  place.focus();
}

function verdict(kind, sentences) {
  const box = document.createElement("div");
  box.className = `paridad-verdict paridad-verdict--${kind}`;
  const title = document.createElement("h4");
  title.className = "govuk-heading-s";
  title.textContent = words.get(`title_${kind}`);
  const list = document.createElement("ul");
  list.append(...[...new Set(sentences)].map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  box.append(title, list);
  return box;
}

function say(word, values = {}) {
  return words.get(word).replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));
}

function moment(seconds) {
  const shape = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" };
  return `${new Intl.DateTimeFormat(language === "es" ? "es-419" : "en-GB", shape).format(new Date(seconds * 1000))} UTC`;
}

function ended(text) {
  return text.endsWith("\n") ? text : `${text}\n`;
}
