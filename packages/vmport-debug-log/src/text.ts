/** Guest bytes as one line of text: printable ASCII stays, the rest becomes `\n`, `\t`, `\\` or `\xhh`. */
export function escapeBytes(bytes: Uint8Array, limit = 256): string {
  let text = "";
  const end = Math.min(bytes.length, limit);
  for (let i = 0; i < end; i++) text += escapeCode(bytes[i] as number);
  return bytes.length > end ? `${text}…(${bytes.length} bytes)` : text;
}

/** Bytes from what {@link escapeBytes} wrote; a note that the rest was cut off is dropped. */
export function unescapeBytes(text: string): Uint8Array {
  const shown = text.replace(/…\(\d+ bytes\)$/, "");
  const bytes: number[] = [];
  for (const [whole, name, hex] of shown.matchAll(/\\(?:([tnr\\])|x([0-9a-f]{2}))|[^\\]/g)) {
    if (name !== undefined) bytes.push({ t: 0x09, n: 0x0a, r: 0x0d, "\\": 0x5c }[name] as number);
    else bytes.push(hex === undefined ? whole.charCodeAt(0) & 0xff : Number.parseInt(hex, 16));
  }
  return Uint8Array.from(bytes);
}

/** The same for a string; what lies beyond ASCII stays unless it is a control character. */
export function escapeText(text: string, limit = 256): string {
  let out = "";
  const end = Math.min(text.length, limit);
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    out +=
      code < 0x80 ? escapeCode(code) : code < 0xa0 || (code >= 0x2028 && code <= 0x202e) ? hexEscape(code) : text[i];
  }
  return text.length > end ? `${out}…(${text.length} characters)` : out;
}

const named: Readonly<Record<number, string>> = { 9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\" };

function escapeCode(code: number): string {
  const name = named[code];
  if (name !== undefined) return name;
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : hexEscape(code);
}

const hexEscape = (code: number): string =>
  code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
