// SPDX-License-Identifier: Apache-2.0
// Runs the page's verifier under Node: questions as a JSON list on stdin, one answer each on stdout: "" or why it is refused.
import { argv, stdin } from "node:process";
import { text } from "node:stream/consumers";

const modules = argv[2];
const { verifyStrictly } = await import(`${modules}/ed25519.js`);
const proofs = await import(`${modules}/proofs.js`);
const bytes = (text) => Uint8Array.from(Buffer.from(text ?? "", "base64"));
const all = (texts) => (texts ?? []).map(bytes);

const ask = {
  async signature({ key, signature, message }) {
    return (await verifyStrictly(bytes(key), bytes(signature), bytes(message))) ? "" : "bad_signature";
  },
  inclusion: ({ leafHash, leafIdx, treeSize, proof, root }) =>
    proofs.checkInclusion(bytes(leafHash), BigInt(leafIdx), BigInt(treeSize), all(proof), bytes(root)),
  consistency: ({ size1, size2, proof, root1, root2 }) =>
    proofs.checkConsistency(BigInt(size1), BigInt(size2), all(proof), bytes(root1), bytes(root2)),
  async note({ note, keys }) {
    const { lines } = await proofs.checkNote(note, await Promise.all(keys.map(proofs.readKey)));
    return lines.map((line) => `${line.name} ${line.state} ${line.time ?? 0}`).join(", ");
  },
  async checkpoint({ note }) {
    const { origin, size, root } = proofs.readCheckpoint(proofs.readNote(note).text);
    return `${origin} ${size} ${Buffer.from(root).toString("base64")}`;
  },
  async entry({ proof, act }) {
    const { index, path, note } = proofs.readProof(proof);
    const { size, root } = proofs.readCheckpoint(proofs.readNote(note).text);
    const signed = proofs.signedText(act);
    await proofs.checkInclusion(await proofs.leafHash(signed), index, size, path, root);
    return await proofs.actHash(signed);
  },
};

const answers = [];
for (const { about, ...question } of JSON.parse(await text(stdin))) {
  try {
    answers.push((await ask[about](question)) ?? "");
  } catch (error) {
    if (!(error instanceof proofs.Refused)) throw error;
    answers.push(`refused: ${error.why}`);
  }
}
console.log(JSON.stringify(answers));
