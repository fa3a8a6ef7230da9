import { loadFlat } from "guest-loader";
import { describe, expect, it } from "vitest";
import { Typist } from "./keyboard.ts";
import { createMachine, type Machine } from "./machine.ts";

/** Hands whose time is moved by the test. */
function setUp(type: (typist: Typist) => void): { typed(): string[]; typist: Typist } {
  const seen: string[] = [];
  let now = 0n;
  let due: bigint | undefined;
  let fire = (): void => undefined;
  const typist = new Typist(
    { key: (key, isDown) => seen.push(`${now / 1_000_000n} ${isDown ? "+" : "-"}${key}`) > 0 },
    () => now,
    (callback) => {
      fire = callback;
      return {
        arm: (atNs) => {
          due = atNs;
        },
        disarm: () => {
          due = undefined;
        },
      };
    },
  );
  type(typist);
  return {
    typist,
    typed() {
      while (due !== undefined) {
        now = due;
        due = undefined;
        fire();
      }
      return seen;
    },
  };
}

describe("[keyboard] hands", () => {
  it("one movement every ten milliseconds, shift around what needs it", () => {
    expect(setUp((typist) => expect(typist.sendText("aB?\n")).toBe(4)).typed()).toEqual([
      ...["10 +KeyA", "20 -KeyA", "30 +ShiftLeft", "40 +KeyB", "50 -KeyB", "60 -ShiftLeft"],
      ...["70 +ShiftLeft", "80 +Slash", "90 -Slash", "100 -ShiftLeft", "110 +Enter", "120 -Enter"],
    ]);
  });

  it("keys with others held", () => {
    expect(setUp((typist) => typist.sendKey("Delete", ["ControlLeft", "AltLeft"])).typed()).toEqual([
      ...["10 +ControlLeft", "20 +AltLeft", "30 +Delete", "40 -Delete", "50 -AltLeft", "60 -ControlLeft"],
    ]);
  });

  it("stops at a character that US keyboards do not have, and when too much waits", () => {
    setUp((typist) => expect(typist.sendText("aé")).toBe(1));
    setUp((typist) => {
      expect(typist.sendText("x".repeat(10_000))).toBe(8192);
      expect(typist.sendKey("KeyA")).toBe(false);
    });
  });

  it("saved in the middle", () => {
    const first = setUp((typist) => typist.sendText("ab"));
    const state = structuredClone(first.typist.save());
    expect(setUp((typist) => typist.load(state)).typed()).toEqual(first.typed());
    expect(setUp((typist) => typist.load({ ...state, waiting: [] })).typed()).toEqual([]);
    expect(() => setUp((typist) => typist.load({ ...state, version: 2 as 1 }))).toThrow(RangeError);
  });
});

describe("[keyboard] in a machine", () => {
  /** 32 bits: polls port 0x64 and stores what port 0x60 gives at 0x8000 on, the count at 0x7ff0. */
  const reader = [
    ...[
      0xbf, 0, 0x80, 0, 0, 0xe4, 0x64, 0xa8, 1, 0x74, 0xfa, 0xe4, 0x60, 0xaa, 0xff, 0x05, 0xf0, 0x7f, 0, 0, 0xeb, 0xef,
    ],
  ];
  const start = (): Machine => {
    const machine = createMachine({ memory: 2 });
    machine.boot(loadFlat(Uint8Array.from(reader), { address: 0x10_0000, mode: "protected" }));
    return machine;
  };
  const codes = ({ memory }: Machine): number[] => [...memory.read(0x8000, memory.readU32(0x7ff0)!)!];

  it("the guest reads set 1: make and break codes in order", () => {
    const machine = start();
    machine.devices.sendText("aB");
    machine.run({ untilNs: 70_000_000n });
    // IBM PS/2 reference, scan code set 1: A 1e, left shift 2a, B 30.
    expect(codes(machine)).toEqual([0x1e, 0x9e, 0x2a, 0x30, 0xb0, 0xaa]);
  });

  it("saved while somebody types, it gets the rest and has the same trace", () => {
    const whole = start();
    whole.devices.sendText("hi");
    whole.run({ untilNs: 50_000_000n });
    const first = start();
    first.devices.sendText("hi");
    first.run({ untilNs: 15_000_000n });
    const second = start();
    second.load(structuredClone(first.save()));
    second.run({ untilNs: 50_000_000n });
    expect(codes(second)).toEqual(codes(whole));
    expect(codes(second)).toHaveLength(4);
    expect(second.traceHash()).toBe(whole.traceHash());
  });
});
