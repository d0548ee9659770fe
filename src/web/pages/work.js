// Runs in a worker: finds the number that proves work (GET /api/v1/auth/work). SHA-256 is written
// out here (FIPS 180-4), because the browser's own takes longer to be asked than to answer. The
// first block of the text does not change, so each number costs one block.

const K = new Uint32Array(64);
const START = new Uint32Array(8);

// The first 32 bits of the fractional parts of the roots of primes.
function constants() {
  const fraction = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32);
  for (let n = 2, count = 0; count < 64; ++n) {
    let is_prime = true;
    for (let d = 2; d * d <= n; ++d) is_prime &&= n % d !== 0;
    if (!is_prime) continue;
    if (count < 8) START[count] = fraction(Math.sqrt(n));
    K[count++] = fraction(Math.cbrt(n));
  }
}

const schedule = new Uint32Array(64);
const rotated = (x, n) => (x >>> n) | (x << (32 - n));

// One block at `offset` of `view`, into `state`.
function compress(state, view, offset) {
  for (let i = 0; i < 16; ++i) schedule[i] = view.getUint32(offset + 4 * i);
  for (let i = 16; i < 64; ++i) {
    const x = schedule[i - 15];
    const y = schedule[i - 2];
    const s0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3);
    const s1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10);
    schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; ++i) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const one = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + schedule[i]) | 0;
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

function padded(text) {
  const bytes = new TextEncoder().encode(text);
  const all = new Uint8Array((Math.floor((bytes.length + 8) / 64) + 1) * 64);
  all.set(bytes);
  all[bytes.length] = 0x80;
  new DataView(all.buffer).setUint32(all.length - 4, bytes.length * 8);
  return new DataView(all.buffer);
}

// Numbers of one length share their blocks: only the digits are written anew. bits <= 32.
function proveWith(challenge, bits, digits) {
  const first = digits === 1 ? 0 : 10 ** (digits - 1);
  const view = padded(`${challenge}.${first}`);
  const bytes = new Uint8Array(view.buffer);
  const fixed = START.slice();
  const begin = challenge.length >= 64 ? 64 : 0;
  if (begin > 0) compress(fixed, view, 0);
  const state = new Uint32Array(8);
  for (let number = first; number < 10 ** digits; ++number) {
    let rest = number;
    for (let at = challenge.length + digits; at > challenge.length; --at) {
      bytes[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    state.set(fixed);
    for (let at = begin; at < bytes.length; at += 64) compress(state, view, at);
    if (Math.clz32(state[0]) >= bits) return `${challenge}.${number}`;
  }
  return null;
}

function prove(challenge, bits) {
  for (let digits = 1; ; ++digits) {
    const found = proveWith(challenge, bits, digits);
    if (found !== null) return found;
  }
}

constants();
self.onmessage = ({data}) => self.postMessage(prove(data.challenge, data.bits));
