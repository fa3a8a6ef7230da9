/** Exits answered on the spot: what an answer asks for is seen to before the next instruction, on both tiers. */
import { expect, test } from "vitest";
import type { Vcpu } from "../src/vcpu.ts";
import type { VmExit } from "../src/vm-exit.ts";
import { createMachine, describeTiers, type Mode, Place } from "./machine.ts";

const IN_BYTES = 2;
const AS_BEFORE = -1;
/** in al,0x80; inc ebx; inc ebx; hlt */
const code = "e480 ffc3 ffc3 f4";

/** Runs the code with answers that advance past the IN and do `act`; gives the exit that ended it. */
function answered(
  mode: Mode,
  act: (vcpu: Vcpu) => void,
  {
    text = code,
    gives = () => AS_BEFORE,
    budget = 100,
  }: { text?: string; gives?: (vcpu: Vcpu) => number; budget?: number } = {},
) {
  const machine = createMachine(mode);
  const { vcpu } = machine;
  const seen: { reason: string; port: number; rip: bigint; retired: number; digest: readonly number[] }[] = [];
  vcpu.writeRegister(3, 0n);
  const retired = vcpu.retired;
  vcpu.answerExits((exit: VmExit) => {
    seen.push({
      reason: exit.reason,
      port: exit.port,
      rip: vcpu.rip,
      retired: vcpu.retired - retired,
      digest: [...(vcpu.registerDigest?.words ?? [])],
    });
    if (exit.reason !== "io-instruction") return 0;
    expect([exit.size, exit.direction, exit.instructionLength, exit.string]).toEqual([1, "in", IN_BYTES, false]);
    vcpu.advanceRip(exit.instructionLength);
    act(vcpu);
    return gives(vcpu);
  });
  const { exit, stack } = machine.run(text, budget);
  // An answer to HLT that goes nowhere ends the run as a spent budget.
  const reason = seen.at(-1)?.reason === "hlt" ? "hlt" : exit.reason;
  const handler = Number(vcpu.rip) - Place.handlers;
  const vector = reason === "hlt" && handler < Place.tss - Place.handlers ? handler >> 4 : undefined;
  return { exit, reason, vector, stack, seen, count: vcpu.readRegister(3), done: vcpu.retired - retired };
}

describeTiers("[x86-vcpu] answers to exits", () => {
  test("nothing asked for: on to the next exit, RIP and counts exact at each", () => {
    const { seen, count } = answered("long", () => undefined, { text: `${code.slice(0, 5)}ffc3 ${code}` });
    expect(seen.map(({ reason, rip, retired }) => [reason, Number(rip) - Place.code, retired])).toEqual([
      ["io-instruction", 0, 0],
      ["io-instruction", 4, 2],
      ["hlt", 10, 5],
    ]);
    expect(count).toBe(3n);
  });

  test("the digest is that of the exit, and another one with another register or count", () => {
    const [first, second] = answered("long", () => undefined, { text: "e480 e480 f4" }).seen;
    const [other] = answered("long", () => undefined, { text: "e480 e480 f4" }).seen;
    expect(first?.digest).toEqual(other?.digest);
    if (first?.digest.length === 2) expect(first.digest).not.toEqual(second?.digest);
  });

  test("an injected exception comes before the next instruction, with the RIP behind the IN", () => {
    const { vector, stack, count } = answered("long", (vcpu) => vcpu.injectException(6));
    expect([vector, stack[0], count]).toEqual([6, BigInt(Place.code + IN_BYTES), 0n]);
  });

  test("so does an interrupt that is let through; one that is not waits for ever", () => {
    const inject = (vcpu: Vcpu): void => vcpu.injectInterrupt(0x21);
    const open = answered("long", (vcpu) => {
      vcpu.rflags |= 0x200n;
      inject(vcpu);
    });
    expect([open.vector, open.count]).toEqual([0x21, 0n]);
    const shut = answered("long", inject);
    expect([shut.vector, shut.count]).toEqual([undefined, 2n]);
  });

  test("an NMI, a stop, a breakpoint put at the next instruction or behind it", () => {
    expect(answered("long", (vcpu) => vcpu.injectNmi())).toMatchObject({ vector: 2, count: 0n });
    expect(answered("long", (vcpu) => vcpu.requestStop())).toMatchObject({ reason: "stop", count: 0n });
    const at = (offset: number) => answered("long", (vcpu) => void vcpu.breakpoints.add(BigInt(Place.code + offset)));
    expect(at(2)).toMatchObject({ exit: { reason: "stop", breakpoint: { kind: "execution" } }, count: 0n });
    expect(at(4)).toMatchObject({ reason: "stop", count: 1n });
  });

  test("a trap: TF set by the answer traps behind the next instruction, set before it behind the IN", () => {
    const late = answered("long", (vcpu) => {
      vcpu.rflags |= 0x100n;
    });
    expect([late.vector, late.stack[0], late.count]).toEqual([1, BigInt(Place.code + 4), 1n]);
    // pushf; or byte [rsp+1],1; popf; in al,0x80
    const early = answered("long", () => undefined, { text: `9c 804c240101 9d ${code}` });
    expect([early.vector, early.stack[0], early.count]).toEqual([1, BigInt(Place.code + 9), 0n]);
  });

  test("RIP elsewhere is where it goes on; left as it is, the instruction comes again", () => {
    const jump = answered("long", (vcpu) => {
      vcpu.rip += 2n;
    });
    expect(jump.count).toBe(1n);
    let times = 0;
    const again = answered("long", (vcpu) => {
      if (++times < 3) vcpu.rip -= BigInt(IN_BYTES);
    });
    expect([times, again.count]).toEqual([3, 2n]);
  });

  test("another end: a nearer one is met, one already there ends the run, a later one is gone to", () => {
    const near = answered("long", () => undefined, { gives: (vcpu) => vcpu.retired + 1 });
    expect(near).toMatchObject({ reason: "budget", count: 1n, done: 2 });
    const here = answered("long", () => undefined, { gives: (vcpu) => vcpu.retired });
    expect(here).toMatchObject({ reason: "budget", count: 0n, done: 1 });
    const far = answered("long", () => undefined, { budget: 2, gives: (vcpu) => vcpu.retired + 50 });
    expect(far).toMatchObject({ count: 2n, reason: "hlt" });
    // Without another end, the budget holds.
    expect(answered("long", () => undefined, { budget: 2 })).toMatchObject({ reason: "budget", count: 1n });
  });

  test("code that the answer rewrites is the new code", () => {
    const { count } = answered(
      "long",
      (vcpu) => void vcpu.writeLinear(BigInt(Place.code + 2), Uint8Array.of(0x90, 0x90)),
    );
    expect(count).toBe(1n);
  });

  test.each(["real", "protected", "long"] as const)("in %s mode the port is that of DX, all 16 bits", (mode) => {
    const machine = createMachine(mode);
    const ports: number[] = [];
    machine.vcpu.writeRegister(2, 0x1_ffffn);
    machine.vcpu.answerExits((exit) => {
      if (exit.reason !== "io-instruction") return 0;
      ports.push(exit.port);
      machine.vcpu.advanceRip(exit.instructionLength);
      return AS_BEFORE;
    });
    machine.run("ec ec f4", 100);
    expect(ports).toEqual([0xffff, 0xffff]);
  });

  test("an error out of an answer comes out of `run`; the next run meets the same instruction, counts exact", () => {
    const machine = createMachine("long");
    const { vcpu } = machine;
    const retired = vcpu.retired;
    let times = 0;
    vcpu.answerExits((exit) => {
      if (++times === 1) throw new Error("a device of the host's is broken");
      if (exit.reason === "io-instruction") vcpu.advanceRip(exit.instructionLength);
      return exit.reason === "hlt" ? 0 : AS_BEFORE;
    });
    // inc ebx; in al,0x80; inc ebx; hlt
    vcpu.writeRegister(3, 0n);
    expect(() => machine.run("ffc3 e480 ffc3 f4", 100)).toThrow("a device of the host's is broken");
    expect([vcpu.retired - retired, Number(vcpu.rip) - Place.code, vcpu.readRegister(3)]).toEqual([1, 2, 1n]);
    vcpu.run(100);
    expect([times, vcpu.retired - retired, vcpu.readRegister(3)]).toEqual([3, 3, 2n]);
  });

  test("taken back in the middle of an answer, the next exit comes by return", () => {
    const { exit, seen } = answered("long", (vcpu) => vcpu.answerExits(undefined), { text: "e480 e481 f4" });
    expect([exit.reason, exit.port, seen.length]).toEqual(["io-instruction", 0x81, 1]);
  });
});
