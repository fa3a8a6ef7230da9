/** VMware's backdoor in other people's emulators: a v86 device, a Unicorn hook, a plain function. */
export {
  createAccessFunction,
  type FunctionAccess,
  type FunctionRegisters,
  type FunctionResult,
} from "./function.ts";
export { createUnicornHooks, type UnicornHooks, type UnicornRegisters } from "./unicorn.ts";
export { attachToV86, type V86Cpu, type V86Field } from "./v86.ts";
