/** Tables that follow from the generated ones, for what reads encodings: the decoder and the measuring of lengths. */
import { Selector, SelectorFlag } from "./opcodes.ts";
import { nodes, roots } from "./tables.gen.ts";

/** What a byte is, read as the first of an instruction or after prefixes; 0 for opcodes of the one-byte map. */
export const Lead = {
  Segment: 1,
  OperandSize: 2,
  AddressSize: 3,
  Lock: 4,
  Repne: 5,
  Rep: 6,
  Rex: 7,
  Escape: 8,
} as const;

export const leads: Uint8Array = /* @__PURE__ */ (() => {
  const table = new Uint8Array(256);
  for (const byte of [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]) table[byte] = Lead.Segment;
  table[0x66] = Lead.OperandSize;
  table[0x67] = Lead.AddressSize;
  table[0xf0] = Lead.Lock;
  table[0xf2] = Lead.Repne;
  table[0xf3] = Lead.Rep;
  for (let byte = 0x40; byte < 0x50; byte++) table[byte] = Lead.Rex;
  for (const byte of [0x0f, 0x62, 0x8f, 0xc4, 0xc5]) table[byte] = Lead.Escape;
  return table;
})();

/** `roots` with no options, by context: most opcodes ask for mode and operand size first. */
export const contextRoots: Int16Array = /* @__PURE__ */ (() => {
  const size = roots.length;
  const table = new Int16Array(5 * size);
  for (let at = 0; at < table.length; at++) {
    let entry = roots[at % size]!;
    for (; entry < 0; entry = nodes[1 - entry + (nodes[-entry] === Selector.Context ? Math.floor(at / size) : 0)]!)
      if (nodes[-entry] !== Selector.Context && (nodes[-entry]! & SelectorFlag.Options) === 0) break;
    table[at] = entry;
  }
  return table;
})();
