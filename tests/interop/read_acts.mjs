// SPDX-License-Identifier: Apache-2.0
// Reads acts with @sd-jwt/core: a request on standard input, the claims of each act on standard output.
//
// Worked example
//   {"key": "<base64url of the Ed25519 key>", "now": 1790000000, "acts": ["eyJ…~WyJ…~"]}   gives   [{"claims": {…}}]
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { SDJwtInstance } from "@sd-jwt/core";

const request = JSON.parse(readFileSync(0, "utf8"));
const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: request.key }, format: "jwk" });
const reader = new SDJwtInstance({
  hasher: (data) => createHash("sha256").update(typeof data === "string" ? data : new Uint8Array(data)).digest(),
  hashAlg: "sha-256",
  verifier: async (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, "base64url")),
});

const answers = [];
for (const act of request.acts) {
  try {
    answers.push({ claims: (await reader.verify(act, { currentDate: request.now })).payload });
  } catch (error) {
    answers.push({ refused: String(error.message) });
  }
}
console.log(JSON.stringify(answers));
