/** Source: SDM vol. 2, CMPXCHG8B/CMPXCHG16B; only ZF changes. */
import type { Builder } from "../builder.ts";
import { Flag, MemoryFlag } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

const RAX = 0;
const RCX = 1;
const RDX = 2;
const RBX = 3;

export const semantics: SemanticsTable = {
  cmpxchg8b(b) {
    const old = b.modify(0, 64);
    const shift = b.const(8, 32);
    const pair = (high: number, low: number) =>
      b.or(b.shift("shl", b.get(64, high), shift), b.zext(64, b.get(32, low)));
    const equal = b.compare("eq", pair(RDX, RAX), old);
    b.write(0, b.select(equal, pair(RCX, RBX), old));
    const keepOrLoad = (register: number, half: ReturnType<Builder["get"]>) =>
      b.select(equal, b.get(64, register), half);
    const high = keepOrLoad(RDX, b.shift("shr", old, shift));
    b.set(RAX, keepOrLoad(RAX, b.zext(64, b.trunc(32, old))));
    b.set(RDX, high);
    b.setFlag(Flag.ZF, equal);
    b.next();
  },

  cmpxchg16b(b) {
    const { segment } = b;
    const address = b.address();
    b.load(128, segment, address, MemoryFlag.ForWrite | MemoryFlag.Aligned);
    const upper = b.address(8);
    const low = b.load(64, segment, address, MemoryFlag.ForWrite);
    const high = b.load(64, segment, upper, MemoryFlag.ForWrite);
    const rax = b.get(64, RAX);
    const rdx = b.get(64, RDX);
    const equal = b.and(b.compare("eq", rax, low), b.compare("eq", rdx, high));
    b.store(segment, address, b.select(equal, b.get(64, RBX), low));
    b.store(segment, upper, b.select(equal, b.get(64, RCX), high));
    b.set(RAX, b.select(equal, rax, low));
    b.set(RDX, b.select(equal, rdx, high));
    b.setFlag(Flag.ZF, equal);
    b.next();
  },
};
