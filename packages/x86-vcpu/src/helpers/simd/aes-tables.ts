/** Tables of AES. Source: FIPS 197 §4.2, §5.1.1, §5.1.3. */

/** x · 2 in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
const double = (x: number): number => ((x << 1) ^ (x & 0x80 ? 0x11b : 0)) & 0xff;

function multiply(x: number, y: number): number {
  let product = 0;
  for (let a = x, b = y; b !== 0; a = double(a), b >>= 1) if (b & 1) product ^= a;
  return product;
}

/** The S-box: inverse in GF(2^8), then the affine map. 3 generates the field, so that logarithms give inverses. */
function substitutionBox(): Uint8Array {
  const box = new Uint8Array(256);
  const power = new Uint8Array(255);
  const logarithm = new Uint8Array(256);
  for (let i = 0, x = 1; i < 255; i++, x ^= double(x)) {
    power[i] = x;
    logarithm[x] = i;
  }
  for (let x = 0; x < 256; x++) {
    const inverse = x === 0 ? 0 : power[(255 - logarithm[x]!) % 255]!;
    const doubled = inverse * 0x101;
    box[x] = (inverse ^ (doubled >> 4) ^ (doubled >> 5) ^ (doubled >> 6) ^ (doubled >> 7) ^ 0x63) & 0xff;
  }
  return box;
}

/** SubBytes. */
export const box: Uint8Array = /* @__PURE__ */ substitutionBox();
export const inverseBox: Uint8Array = /* @__PURE__ */ box.reduce((table, y, x) => {
  table[y] = x;
  return table;
}, new Uint8Array(256));

/** What a byte in row 0 contributes to its column, by the first column of the circulant matrix; row r rotates it left by 8 · r. */
function columnTable(factors: readonly number[]): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, x) =>
    factors.reduce((word, factor, row) => word | (multiply(x, factor) << (8 * row)), 0),
  );
}
/** MixColumns and its inverse: what a byte in row 0 contributes. */
export const forward: Uint32Array = /* @__PURE__ */ columnTable([2, 1, 1, 3]);
export const backward: Uint32Array = /* @__PURE__ */ columnTable([14, 9, 13, 11]);
