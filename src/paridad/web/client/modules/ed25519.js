// SPDX-License-Identifier: Apache-2.0
// Ed25519, strictly: the signature equation is the browser's (WebCrypto), and before it the key and R have to be points
// of the prime-order subgroup in their one spelling. Libraries disagree without that rule; with it there is one verdict.
//
//   await verifyStrictly(key, signature, message)        true or false

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const ROOT = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;

export async function verifyStrictly(key, signature, message) {
  if (key.length !== 32 || signature.length !== 64) return false;
  if (!inSubgroup(key) || !inSubgroup(signature.subarray(0, 32))) return false;
  const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
}

export function inSubgroup(encoded) {
  const point = decompress(encoded);
  if (point === null || isNeutral(point)) return false;
  return isNeutral(multiply(point, L));
}

function decompress(encoded) {
  let y = 0n;
  for (let at = 31; at >= 0; at--) y = (y << 8n) | BigInt(encoded[at]);
  const sign = y >> 255n;
  y &= 2n ** 255n - 1n;
  if (y >= P) return null;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
  if (mod(v * x * x) === mod(-u)) x = mod(x * ROOT);
  if (mod(v * x * x) !== u || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = mod(-x);
  return [x, y, 1n, mod(x * y)];
}

// Points are in extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z (RFC 8032 §5.1.4).
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * D);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function multiply(point, times) {
  let sum = [0n, 1n, 1n, 0n];
  for (; times > 0n; times >>= 1n, point = add(point, point)) if (times & 1n) sum = add(sum, point);
  return sum;
}

const isNeutral = ([x, y, z]) => x === 0n && y === z;
const mod = (value) => ((value % P) + P) % P;

function power(base, exponent) {
  let result = 1n;
  for (base = mod(base); exponent > 0n; exponent >>= 1n, base = mod(base * base)) if (exponent & 1n) result = mod(result * base);
  return result;
}
