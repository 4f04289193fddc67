// SPDX-License-Identifier: Apache-2.0
// What the ledger page can prove by itself: C2SP signed notes, checkpoints, cosignatures and tlog-proofs, RFC 6962 trees.
//
//   const proof = readProof(text)                       index, path, note; nothing is believed yet
//   await checkInclusion(leaf, proof.index, size, …)    returns, or throws `Refused` with the reason's name
//   await checkNote(note, keys)                         what each signature line is worth
import { verifyStrictly } from "./ed25519.js";

const ED25519_LINE = 1;
const ED25519_COSIGNATURE = 4;
const ML_DSA_BYTES = 8 + 2420;
const MAX_NOTE_CHARACTERS = 256 * 1024;
const MAX_SIGNATURES = 64;
const MAX_DECIMAL = 2n ** 63n - 1n;
const EMPTY_ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const PROOF = /^c2sp\.org\/tlog-proof@v1\n(?:extra [A-Za-z0-9+/=]*\n)?index ([0-9]{1,19})\n((?:[A-Za-z0-9+/=]{44}\n){0,64})\n/;
const NAME = /^(?:[^\s+\u0085]|\ufeff)+$/u;
const encoder = new TextEncoder();

export class Refused extends Error {
  constructor(why, values = {}) {
    super(why);
    this.why = why;
    this.values = values;
  }
}

// --- reading -------------------------------------------------------------------------------------------------------

export function readNote(data) {
  demand(data.length <= MAX_NOTE_CHARACTERS && data.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(data), "note_form");
  const parted = data.lastIndexOf("\n\n");
  demand(parted > 0 && data.endsWith("\n"), "note_form");
  const lines = data.slice(parted + 2, -1).split("\n");
  demand(lines.length <= MAX_SIGNATURES, "note_form");
  return { text: data.slice(0, parted + 1), signatures: lines.map(readLine) };
}

function readLine(line) {
  const [dash, name, material, ...more] = line.split(" ");
  demand(dash === "\u2014" && more.length === 0 && NAME.test(name ?? ""), "line_form");
  const data = decode(material ?? "");
  demand(data.length > 4, "line_form");
  return { name, id: hex(data.subarray(0, 4)), blob: data.subarray(4) };
}

export function readCheckpoint(text) {
  const lines = text.split("\n");
  demand(lines.length === 4 && lines[3] === "", "checkpoint_form");
  const [origin, size, root] = lines;
  demand(NAME.test(origin) && encoder.encode(origin).length <= 255 && decode(root).length === 32, "checkpoint_form");
  const leaves = decimal(size);
  demand((leaves === 0n) === (root === EMPTY_ROOT), "checkpoint_form");
  return { origin, size: leaves, root: decode(root) };
}

export function readProof(data) {
  const match = PROOF.exec(data);
  demand(match, "proof_form");
  const path = match[2].split("\n").slice(0, -1).map(decode);
  return { index: decimal(match[1]), path, note: data.slice(match[0].length) };
}

export async function readKey(text) {
  const [name, id, ...rest] = text.split("+");
  const material = decode(rest.join("+"));
  const kind = material[0];
  demand(NAME.test(name) && material.length === 33 && [ED25519_LINE, ED25519_COSIGNATURE].includes(kind), "key_form");
  const expected = await sha256(join(encoder.encode(`${name}\n`), material));
  demand(hex(expected.subarray(0, 4)) === id, "key_form");
  return { name, id, kind, raw: material.subarray(1) };
}

// --- signatures ----------------------------------------------------------------------------------------------------

// A line of a known key that does not verify condemns the whole note. A line of another key says nothing; where it has
// the length of an ML-DSA-44 cosignature it is named as what a browser cannot check.
export async function checkNote(data, keys) {
  const note = readNote(data);
  const lines = [];
  for (const line of note.signatures) {
    const key = keys.find((each) => each.name === line.name && each.id === line.id);
    if (key) lines.push({ name: line.name, ...(await checkLine(note.text, line, key)) });
    else lines.push({ name: line.name, state: line.blob.length === ML_DSA_BYTES ? "quantum" : "unknown" });
  }
  return { text: note.text, lines };
}

async function checkLine(text, line, key) {
  if (key.kind === ED25519_LINE) {
    demand(await verifyStrictly(key.raw, line.blob, encoder.encode(text)), "bad_signature", { name: line.name });
    return { state: "log" };
  }
  const time = number(line.blob.subarray(0, 8));
  demand(time >= 1n && time <= MAX_DECIMAL, "bad_signature", { name: line.name });
  const message = encoder.encode(`cosignature/v1\ntime ${time}\n${text}`);
  demand(await verifyStrictly(key.raw, line.blob.subarray(8), message), "bad_signature", { name: line.name });
  return { state: "cosigner", time };
}

// --- trees ---------------------------------------------------------------------------------------------------------

export const leafHash = (entry) => sha256(join(Uint8Array.of(0), entry));
const nodeHash = (left, right) => sha256(join(Uint8Array.of(1), left, right));

export async function checkInclusion(leaf, index, size, path, root) {
  demand(leaf.length === 32 && index >= 0n && index < size, "not_included");
  let [fn, sn, hash] = [index, size - 1n, leaf];
  for (const node of path) {
    demand(sn !== 0n && node.length === 32, "not_included");
    if (fn & 1n || fn === sn) {
      hash = await nodeHash(node, hash);
      while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else hash = await nodeHash(hash, node);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  demand(sn === 0n && same(hash, root), "not_included");
}

// From size 0 everything follows; such a proof says nothing and is refused.
export async function checkConsistency(old, size, path, oldRoot, root) {
  demand(old > 0n && old <= size, "not_consistent");
  if (old === size) {
    demand(path.length === 0 && same(oldRoot, root), "not_consistent");
    return;
  }
  const nodes = (old & (old - 1n)) === 0n ? [oldRoot, ...path] : [...path];
  demand(path.length > 0 && nodes.every((node) => node.length === 32), "not_consistent");
  let [fn, sn] = [old - 1n, size - 1n];
  while (fn & 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  let [before, now] = [nodes[0], nodes[0]];
  for (const node of nodes.slice(1)) {
    demand(sn !== 0n, "not_consistent");
    if (fn & 1n || fn === sn) {
      [before, now] = [await nodeHash(node, before), await nodeHash(node, now)];
      while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else now = await nodeHash(now, node);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  demand(sn === 0n && same(before, oldRoot) && same(now, root), "not_consistent");
}

// --- acts ----------------------------------------------------------------------------------------------------------

// An act in its compact form is its signed text and opened fields with a tilde behind each; the log holds the signed text.
export function signedText(act) {
  const text = act.trim().split("~")[0];
  demand(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(text), "act_form");
  return encoder.encode(text);
}

export async function actHash(signed) {
  return toBase64(await sha256(signed)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

// What the signed text says of itself; that its speaker's key signed it is not checked here.
export function envelope(signed) {
  try {
    const middle = new TextDecoder().decode(signed).split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(fromBase64(middle)));
  } catch {
    throw new Refused("act_form");
  }
}

// --- bytes ---------------------------------------------------------------------------------------------------------

export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
export const toBase64 = (data) => btoa(String.fromCharCode(...data));
const fromBase64 = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
const hex = (data) => [...data].map((each) => each.toString(16).padStart(2, "0")).join("");
const number = (data) => data.reduce((sum, each) => (sum << 8n) | BigInt(each), 0n);
const same = (one, other) => one.length === other.length && one.every((each, at) => each === other[at]);

export function decode(text) {
  let data;
  try {
    data = fromBase64(text);
  } catch {
    throw new Refused("base64");
  }
  demand(toBase64(data) === text, "base64");
  return data;
}

function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function decimal(text) {
  demand(/^(?:0|[1-9][0-9]{0,18})$/.test(text) && BigInt(text) <= MAX_DECIMAL, "decimal");
  return BigInt(text);
}

function demand(held, why, values) {
  if (!held) throw new Refused(why, values);
}
