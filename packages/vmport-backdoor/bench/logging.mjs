// Cost of one backdoor call with no log, with the log off, and with the log on into the ring buffer.
// `node bench/logging.mjs` after `npm run build`. Each measurement is a process of its own, rounds are interleaved, and of each kind the
// cheapest counts, in processor time: what disturbs a run only ever adds to it.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createBackdoor, createHost } from "vmport-backdoor";
import { createDebugLog } from "vmport-debug-log";

const CALLS = 3_000_000;
const ROUNDS = 5;
const masks = { "no log": undefined, "log off": 0, "ring: after": 4, "ring: trace, after": 5, "ring: all": 0xff };

/** Nanoseconds a call. */
function measure(mask) {
  const file = new Int32Array(16);
  const registers = {
    readRegister32: (index) => file[index] >>> 0,
    writeRegister32: (index, value) => {
      file[index] = value;
    },
    readRegister64: (index) => BigInt(file[index] >>> 0),
    writeRegister64: (index, value) => {
      file[index] = Number(BigInt.asIntN(32, value));
    },
    cpl: 0,
    rip: 0x401000n,
    vcpuId: 0,
  };
  const log = mask === undefined ? {} : { log: createDebugLog({ mask }) };
  const backdoor = createBackdoor({ host: createHost(), ...log });
  const access = { direction: "in", port: 0x5658, size: 4, value: 0, context: registers };
  const run = (calls) => {
    for (let i = 0; i < calls; i++) {
      file[0] = 0x564d5868;
      file[1] = 10;
      file[2] = 0x5658;
      backdoor.handler.access(access);
    }
  };
  run(500_000);
  const start = process.cpuUsage();
  run(CALLS);
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1e3) / CALLS;
}

const [name] = process.argv.slice(2);
if (name !== undefined) console.log(measure(masks[name]));
else {
  const best = new Map();
  for (let i = 0; i < ROUNDS; i++)
    for (const kind of Object.keys(masks)) {
      const self = fileURLToPath(import.meta.url);
      const ns = Number(execFileSync(process.execPath, [...process.execArgv, self, kind], { encoding: "utf8" }));
      best.set(kind, Math.min(ns, best.get(kind) ?? Number.POSITIVE_INFINITY));
    }
  const base = best.get("no log");
  for (const [kind, ns] of best)
    console.log(
      `${kind.padEnd(20)} ${(1e3 / ns).toFixed(2).padStart(6)} M calls/s ${ns.toFixed(0).padStart(5)} ns ${(ns / base).toFixed(2)}x`,
    );
}
