/** Moves, extensions, addresses, setcc and cmov. */
import { type Emit, type IntWidth, intWidths, type RecordOp } from "./emit.ts";

const plain = (name: string, hot: boolean, emit: (e: Emit) => void): RecordOp => ({
  name,
  flags: "none",
  faults: false,
  hot,
  emit,
});

/** [from, to] of every extension. */
export const extensions: readonly (readonly [IntWidth, IntWidth])[] = [
  [8, 16],
  [8, 32],
  [8, 64],
  [16, 32],
  [16, 64],
  [32, 64],
];

function extend([from, to]: readonly [IntWidth, IntWidth], signed: boolean): RecordOp {
  return plain(`${signed ? "movsx" : "movzx"}${from}to${to}`, to !== 16, (e) => {
    if (!signed && to !== 16) e.result64(() => e.value64("a", from));
    else if (to === 64) e.result64(() => e.value64Signed("a", from));
    else e.result(to, () => (signed ? e.valueSigned("a", from) : e.value("a", from)));
  });
}

/** The even condition codes; odd ones are their negations. */
export const conditionCodes: readonly number[] = [0, 2, 4, 6, 8, 10, 12, 14];

const reading = (name: string, hot: boolean, emit: (e: Emit) => void): RecordOp => ({
  name,
  flags: "read",
  faults: false,
  hot,
  emit,
});

export const moveOps: readonly RecordOp[] = [
  ...intWidths.map((width) => plain(`mov${width}`, true, (e) => void e.result(width, () => e.value("a", width)))),
  // Registers of which only the low 32 bits change: XMM and MMX.
  plain("movlow32", true, (e) => {
    e.field("d").value("a", 32);
    e.f.access("i32Store", e.layout.state);
  }),
  plain("mov128", true, (e) => {
    e.field("d").field("a");
    e.f.vectorAccess(0x00, e.layout.state, 4).vectorAccess(0x0b, e.layout.state, 4);
  }),
  ...intWidths.map((width) => plain(`mov${width}i`, true, (e) => void e.result(width, () => e.immAs(width)))),
  plain("movlow32i", false, (e) => {
    e.field("d").imm32();
    e.f.access("i32Store", e.layout.state);
  }),
  plain("mov64full", true, (e) => void e.result64(() => e.imm64Full())),
  ...extensions.flatMap((pair) => [extend(pair, false), extend(pair, true)]),
  plain("lea64", true, (e) => {
    e.address(true);
    e.result64(() => e.f.get(e.L));
  }),
  plain("lea32", true, (e) => {
    e.address(true);
    e.result64(() => e.f.get(e.L).i64(0xffff_ffffn).op("i64And"));
  }),
  plain("lea16", false, (e) => {
    e.address(true);
    e.result64(() => e.f.get(e.L).i64(0xffff).op("i64And"));
  }),
  ...conditionCodes.flatMap((cc) => [
    // t: 0, or 1 to negate.
    reading(`setcc${cc}`, true, (e) => void e.result(8, () => e.condition(cc).field("t").f.op("i32Xor"))),
    reading(`getcc${cc}`, true, (e) => void e.resultBool(() => e.condition(cc).field("t").f.op("i32Xor"))),
    ...([32, 64] as const).map((width) =>
      reading(
        `cmov${width}cc${cc}`,
        true,
        (e) =>
          void e.result(width, () => {
            e.value("a", width).value("b", width).condition(cc).f.op("select");
          }),
      ),
    ),
  ]),
];
