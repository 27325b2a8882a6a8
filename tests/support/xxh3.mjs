// XXH3-64 and the running hash of docs/protocol.md, computed here and not asked of a node: so that a test can tell whether nodes that agree are also right.
// After the description at https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md; inputs up to 16 bytes, which no event is, are left out.

const MASK = 0xffffffffffffffffn;
const P32 = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn];
const P64 = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n];
const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
  'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
  'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
  '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e', 'hex');

const STRIPE = 64;
const STRIPES_PER_BLOCK = (SECRET.length - STRIPE) / 8;

/** @param {bigint} a @param {bigint} b */
function foldedProduct(a, b) {
  const product = a * b;
  return (product & MASK) ^ (product >> 64n);
}

/** @param {bigint} hash */
function avalanche(hash) {
  hash ^= hash >> 37n;
  hash = (hash * 0x165667919e3779f9n) & MASK;
  return hash ^ (hash >> 32n);
}

/** @param {Buffer} input @param {number} at @param {number} secretAt */
function mix16(input, at, secretAt) {
  return foldedProduct(input.readBigUInt64LE(at) ^ SECRET.readBigUInt64LE(secretAt),
                       input.readBigUInt64LE(at + 8) ^ SECRET.readBigUInt64LE(secretAt + 8));
}

/** 17 to 128 bytes. @param {Buffer} input */
function hashShort(input) {
  let sum = BigInt(input.length) * P64[0];
  // From the outside to the inside, as far as there are bytes.
  for (let pair = 0; pair <= (input.length - 1) >> 5; ++pair) {
    sum += mix16(input, 16 * pair, 32 * pair) + mix16(input, input.length - 16 * (pair + 1), 32 * pair + 16);
  }
  return avalanche(sum & MASK);
}

/** 129 to 240 bytes. @param {Buffer} input */
function hashMiddle(input) {
  let sum = BigInt(input.length) * P64[0];
  for (let i = 0; i < 8; ++i) sum += mix16(input, 16 * i, 16 * i);
  sum = avalanche(sum & MASK);
  for (let i = 8; i < input.length >> 4; ++i) sum += mix16(input, 16 * i, 16 * (i - 8) + 3);
  return avalanche((sum + mix16(input, input.length - 16, 119)) & MASK);
}

/** More than 240 bytes. @param {Buffer} input */
function hashLong(input) {
  const lanes = [P32[2], P64[0], P64[1], P64[2], P64[3], P32[1], P64[4], P32[0]];
  const accumulate = (/** @type {number} */ at, /** @type {number} */ secretAt) => {
    for (let i = 0; i < 8; ++i) {
      const value = input.readBigUInt64LE(at + 8 * i);
      const keyed = value ^ SECRET.readBigUInt64LE(secretAt + 8 * i);
      lanes[i ^ 1] = (lanes[i ^ 1] + value) & MASK;
      lanes[i] = (lanes[i] + (keyed & 0xffffffffn) * (keyed >> 32n)) & MASK;
    }
  };
  const stripes = Math.floor((input.length - 1) / STRIPE);
  for (let stripe = 0; stripe < stripes; ++stripe) {
    accumulate(stripe * STRIPE, (stripe % STRIPES_PER_BLOCK) * 8);
    if (stripe % STRIPES_PER_BLOCK !== STRIPES_PER_BLOCK - 1) continue;
    for (let i = 0; i < 8; ++i) {
      const lane = lanes[i] ^ (lanes[i] >> 47n) ^ SECRET.readBigUInt64LE(SECRET.length - STRIPE + 8 * i);
      lanes[i] = (lane * P32[0]) & MASK;
    }
  }
  accumulate(input.length - STRIPE, SECRET.length - STRIPE - 7);
  let sum = BigInt(input.length) * P64[0];
  for (let i = 0; i < 8; i += 2) {
    sum += foldedProduct(lanes[i] ^ SECRET.readBigUInt64LE(11 + 8 * i), lanes[i + 1] ^ SECRET.readBigUInt64LE(19 + 8 * i));
  }
  return avalanche(sum & MASK);
}

/** @param {Buffer} input  More than 16 bytes. @returns {bigint} */
export function xxh3(input) {
  if (input.length <= 16) throw new Error('inputs up to 16 bytes are left out');
  return input.length <= 128 ? hashShort(input) : input.length <= 240 ? hashMiddle(input) : hashLong(input);
}

/**
 * The running hash over a document's events from the first one, in hexadecimal.
 * @param {{seq: number, key: string, data: any}[]} events
 */
export function runningHash(events) {
  let hash = 0n;
  for (const { seq, key, data } of events) {
    const head = Buffer.alloc(16);
    head.writeBigUInt64LE(hash, 0);
    head.writeBigUInt64LE(BigInt(seq), 8);
    hash = xxh3(Buffer.concat([head, Buffer.from(`${key}\0${JSON.stringify(data)}`)]));
  }
  return hash.toString(16).padStart(16, '0');
}
