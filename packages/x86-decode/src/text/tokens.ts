/** Text in pieces. */
import { Register } from "../register.ts";
import type { TextOptions } from "./options.ts";

export type TokenKind =
  | "prefix"
  | "mnemonic"
  | "register"
  | "number"
  | "keyword"
  | "symbol"
  | "decorator"
  | "punctuation";
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** Private-use characters around a symbol, until the text is cut. */
const open = "\ue000";
const close = "\ue001";

/** Options whose symbols can be told from other words. */
export const markSymbols = (options: TextOptions): TextOptions => {
  const { symbol } = options;
  if (symbol === undefined) return options;
  return {
    ...options,
    symbol: (address, instruction, operand) => {
      const name = symbol(address, instruction, operand);
      return name === undefined ? undefined : open + name.replaceAll(open, "").replaceAll(close, "") + close;
    },
  };
};

const registers: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "st",
  ...Object.keys(Register).map((name) => name.toLowerCase()),
]);
const keywords = /^(byte|word|dword|fword|qword|tbyte|xmmword|ymmword|zmmword|fpu\w+|ptr|short|far|near)$/i;
const prefixes =
  /^(lock|rep|repe|repne|bnd|notrack|xacquire|xrelease|data(16|32|64)|addr(16|32|64)|hint-(not-)?taken|rex\.w)$/i;
const pieces =
  /\ue000[^\ue001]*\ue001|\{[^}]*\}|%?[A-Za-z_][\w.]*(?:-(?:not-)?taken)?(?:\(\d\))?|\$?-?(?:0x[0-9A-Fa-f]+|[0-9][0-9A-Fa-f]*h?)|./g;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let named = false;
  for (const [piece] of text.matchAll(pieces)) {
    let kind: TokenKind = "punctuation";
    if (piece.startsWith(open)) kind = "symbol";
    else if (!named && /[a-z(]/i.test(piece)) {
      kind = prefixes.test(piece) ? "prefix" : "mnemonic";
      named = kind === "mnemonic";
    } else if (piece.startsWith("{")) kind = "decorator";
    else if (/^[%A-Za-z]/.test(piece)) {
      const word = piece
        .toLowerCase()
        .replace(/^%/, "")
        .replace(/\(\d\)$/, "");
      kind = keywords.test(piece) ? "keyword" : registers.has(word) ? "register" : "keyword";
    } else if (/^[$\d-]/.test(piece) && /\d/.test(piece)) kind = "number";
    tokens.push({ kind, text: kind === "symbol" ? piece.slice(1, -1) : piece });
  }
  return tokens;
}
