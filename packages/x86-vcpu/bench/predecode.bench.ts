/** Nanoseconds per guest instruction to decode, lift and select records. Run: node bench/run.mjs predecode [rounds]. */
import { CodeCache } from "../src/tier1/code-cache.ts";
import { Field } from "../src/tier1/record.ts";
import { flatMachine, tiers } from "../test/tier1/flat-machine.ts";
import { entries, image } from "./workloads.gen.ts";

const CODE = 0x20_0000;

/** Blocks at every 16th byte of the program `big`, made from scratch each round. */
export function benchPredecode(rounds: number): { readonly instructions: number; readonly nanoseconds: number } {
  const { vcpu, memory } = flatMachine(tiers["tier 0"]!);
  const { cpu } = vcpu;
  memory.write(CODE, Uint8Array.from(Buffer.from(image, "base64")));
  const cache = new CodeCache(cpu, 2 << 20);
  const samples: number[] = [];
  let instructions = 0;
  for (let round = 0; round < rounds; round++) {
    cache.reset();
    instructions = 0;
    const context = cache.context(0, 0, 0xffff_ffff);
    const start = performance.now();
    for (let at = CODE; at < entries.big; at += 16) {
      const page = cache.page(memory.hostOffset(at) >>> 12, context, at & ~0xfff, 0, 4096);
      const pointer = cache.block(page, at & 0xfff, false);
      if (pointer !== 0) instructions += cpu.u16[(pointer + Field.d) >>> 1]!;
    }
    samples.push(((performance.now() - start) * 1e6) / instructions);
  }
  return { instructions, nanoseconds: samples.sort((a, b) => a - b)[rounds >> 1]! };
}
