/**
 * A guest that is saved and restored between any two of its calls sees what it would have seen without: every register of every later step is the
 * same, whether the state went by plain data or by the VMPORT record. HVM_FUZZ_RUNS sets the number of sequences.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Personality, vmware, xenV6 } from "vmport-backdoor";
import {
  createGuestinfoStore,
  createGuestrpc,
  decodeVmportRecord,
  encodeVmportRecord,
  type Guestrpc,
  type GuestrpcDialect,
  vmwareDialect,
  xenV6Dialect,
} from "../src/index.ts";
import { bytesOf, COOKIE, GuestPort, type Regs, RPCI, TCLO } from "./guest.ts";

const RUNS = Number(process.env["HVM_FUZZ_RUNS"] ?? 30);
const SECOND = 1_000_000_000n;

type Move = (rpc: Guestrpc) => Guestrpc["save"] extends () => infer State ? State : never;
const moves: Readonly<Record<string, Move>> = {
  "plain data": (rpc) => JSON.parse(JSON.stringify(rpc.save())),
  "the VMPORT record": (rpc) => {
    const decoded = decodeVmportRecord(encodeVmportRecord(rpc.save()));
    if (!decoded.ok) throw new Error(decoded.message);
    return decoded.state;
  },
};

/** One guest step on one of two channels. */
type Step =
  | { readonly do: "open"; readonly protocol: number }
  | { readonly do: "low"; readonly type: number; readonly channel: number; readonly ebx: number }
  | { readonly do: "out" | "in"; readonly channel: number; readonly count: number; readonly fault: boolean }
  | { readonly do: "wait" };

const requests = ["info-get guestinfo.a", "info-set guestinfo.b c", "log x", "tools.set.version 1"].map(bytesOf);

class Guest {
  rpc: Guestrpc;
  #port: GuestPort;
  readonly #create: () => Guestrpc;
  readonly #personality: Personality;
  readonly #clock: { nowNs: bigint };
  /** Cookies by channel. */
  readonly #cookies = new Map<number, { esi: number; edi: number }>();
  /** Bytes the guest still has to send, by channel. */
  readonly #left = new Map<number, Uint8Array>();

  constructor(personality: Personality, dialect: GuestrpcDialect) {
    this.#clock = { nowNs: 0n };
    this.#personality = personality;
    this.#create = () =>
      createGuestrpc({
        dialect,
        guestinfo: createGuestinfoStore({ initial: { a: "a value of some length" } }),
        nowNs: () => this.#clock.nowNs,
        tclo: { pingIntervalNs: 3n * SECOND, pingTimeoutNs: 2n * SECOND },
      });
    this.rpc = this.#create();
    this.#port = new GuestPort(this.rpc, personality);
  }

  move(how: Move): void {
    const state = how(this.rpc);
    this.rpc = this.#create();
    this.rpc.load(state);
    this.#port = new GuestPort(this.rpc, this.#personality);
  }

  step(step: Step): Regs | Uint8Array | string {
    if (step.do === "wait") {
      this.#clock.nowNs += SECOND;
      this.rpc.tick();
      return "";
    }
    if (step.do === "open") {
      const regs = this.#port.low(0, { ebx: (step.protocol | COOKIE) >>> 0 });
      if ((regs.ecx & 0x1_0000) !== 0) this.#cookies.set(regs.edx >>> 16, { esi: regs.esi, edi: regs.edi });
      return regs;
    }
    const cookie = this.#cookies.get(step.channel) ?? { esi: 0, edi: 0 };
    const at = { edx: (step.channel << 16) >>> 0, ...cookie };
    if (step.do === "low") {
      let { ebx } = step;
      if (step.type === 1) {
        const bytes = requests[ebx % requests.length] as Uint8Array;
        this.#left.set(step.channel, bytes);
        ebx = bytes.length;
      } else if (step.type === 2) {
        const bytes = this.#left.get(step.channel) ?? new Uint8Array(0);
        ebx = [0, 1, 2, 3].reduce((word, i) => word + (bytes[i] ?? 0) * 256 ** i, 0);
        this.#left.set(step.channel, bytes.subarray(4));
      } else ebx &= 1;
      return this.#port.low(step.type, { ...at, ebx });
    }
    const fault = step.fault ? step.count - 1 : -1;
    if (step.do === "out") {
      const bytes = (this.#left.get(step.channel) ?? new Uint8Array(0)).subarray(0, step.count);
      if (bytes.length === 0) return "";
      if (!step.fault)
        this.#left.set(step.channel, (this.#left.get(step.channel) as Uint8Array).subarray(bytes.length));
      return this.#port.out(step.channel, cookie, bytes, step.fault ? bytes.length - 1 : -1);
    }
    const into = new Uint8Array(step.count);
    const regs = this.#port.in(step.channel, cookie, into, fault);
    return `${JSON.stringify(regs)} ${into.join(" ")}`;
  }
}

const channel = fc.constantFrom(0, 0, 1);
const low = (type: number) =>
  fc.record({ do: fc.constant("low" as const), type: fc.constant(type), channel, ebx: fc.nat({ max: 7 }) });
const bulk = (direction: "in" | "out") =>
  fc.record({
    do: fc.constant(direction),
    channel,
    count: fc.integer({ min: 1, max: 9 }),
    fault: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  });
const open = fc.record({ do: fc.constant("open" as const), protocol: fc.constantFrom(RPCI, RPCI, TCLO) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: open },
  { weight: 4, arbitrary: low(1) },
  { weight: 8, arbitrary: low(2) },
  { weight: 5, arbitrary: low(3) },
  { weight: 5, arbitrary: low(4) },
  { weight: 3, arbitrary: low(5) },
  { weight: 1, arbitrary: low(6) },
  { weight: 5, arbitrary: bulk("out") },
  { weight: 4, arbitrary: bulk("in") },
  { weight: 1, arbitrary: fc.constant({ do: "wait" as const }) },
);

describe.each([
  ["vmware", vmware, vmwareDialect],
  ["xen-v6", xenV6, xenV6Dialect],
] as const)("[vmport-guestrpc] save and load between any two calls: %s", (_name, personality, dialect) => {
  it.each(Object.keys(moves))("by %s", (how) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), (steps) => {
        const still = new Guest(personality, dialect);
        const moved = new Guest(personality, dialect);
        const begin: Step[] = [{ do: "open", protocol: RPCI }];
        for (const one of [...begin, ...steps]) {
          moved.move(moves[how] as Move);
          expect(moved.step(one)).toEqual(still.step(one));
        }
        expect(moved.rpc.save()).toEqual(still.rpc.save());
        expect(moved.rpc.nextTickNs).toBe(still.rpc.nextTickNs);
      }),
      { numRuns: RUNS },
    );
  });
});
