/** RDRAND and RDSEED: SplitMix64 (Steele, Lea, Flood 2014), seeded by the machine's configuration, so that runs repeat. */
import { type Helper, HelperStatus } from "../helper.ts";
import { write64 } from "./operands.ts";

const wrap = (v: bigint): bigint => BigInt.asUintN(64, v);

const random: Helper = (cpu, _a, _b, _c, result) => {
  cpu.randomState = wrap(cpu.randomState + 0x9e37_79b9_7f4a_7c15n);
  let z = cpu.randomState;
  z = wrap((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
  z = wrap((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
  write64(cpu, result, z ^ (z >> 31n));
  return HelperStatus.Continue;
};

export const randomHelpers = { random };
