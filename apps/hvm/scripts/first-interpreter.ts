/** For bundle.mjs: the interpreter that a machine's first processor asks for, found by running one. */
import { generateInterpreter } from "../../../packages/x86-vcpu/src/tier1/interpreter.ts";
import { runFirstLight } from "../src/guest/run-first-light.ts";

declare global {
  /** Layouts that `readyMade` was asked for: bundle.mjs has put a recorder in its place. */
  var readyMadeAsked: string[];
}

export function firstInterpreter(): { readonly key: string; readonly bytes: Uint8Array } {
  globalThis.readyMadeAsked = [];
  runFirstLight({ vmwarePort: true, tier: 1 });
  const [key] = globalThis.readyMadeAsked;
  if (key === undefined)
    throw new Error("the machine asked for no interpreter: does createTier1 still call readyMade?");
  const [state, control] = key.split(",").map(Number);
  return { key, bytes: generateInterpreter({ state: state!, control: control! }).bytes };
}
