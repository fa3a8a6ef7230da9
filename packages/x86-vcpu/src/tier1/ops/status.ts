import { StateOffset } from "../../state-layout.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import type { Layout } from "./emit.ts";

/** The lazy words for the status flags at their places of RFLAGS in the i32 local `x`. */
export function writeStatus(f: FunctionBuilder, layout: Layout, x: number): void {
  const bit = (n: number): void => {
    f.get(x);
    if (n > 0) f.i32(n).op("i32ShrU");
    f.i32(1).op("i32And");
  };
  const set = (access: "i64Store" | "i32Store", offset: number, push: () => void): void => {
    f.i32(0);
    push();
    f.access(access, layout.state + offset);
  };
  // res 0 has even parity, res 1 odd: bit 8 of aux puts PF right.
  set("i64Store", StateOffset.flagRes, () => {
    bit(6);
    f.op("i32Eqz", "i64ExtendI32U");
  });
  set("i32Store", StateOffset.flagAux, () => {
    f.get(x).i32(16).op("i32And").get(x).i32(0x80).op("i32And").i32(24).op("i32Shl", "i32Or");
    f.get(x).get(x).i32(4).op("i32ShrU", "i32Xor").i32(4).op("i32And").i32(6).op("i32Shl", "i32Or");
  });
  set("i64Store", StateOffset.flagCout, () => {
    f.get(x).i32(31).op("i32Shl");
    f.get(x).get(x).i32(11).op("i32ShrU", "i32Xor").i32(1).op("i32And").i32(30).op("i32Shl", "i32Or");
    f.op("i64ExtendI32U").i64(32).op("i64Shl");
  });
}
