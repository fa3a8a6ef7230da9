import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IoAccess, IoDirection, IoSize, PortHandler } from "./access.ts";
import { PortioError } from "./errors.ts";
import { createPortioBus, formatClaims, IoResult, type PortioBus, type Registration } from "./index.ts";

type Seen = { direction: IoDirection; port: number; size: IoSize; value: number; context: string };

/** A handler that answers `data` to IN, remembers everything, and may be told what result to give. */
function probe(name: string, data: number, result: IoResult = IoResult.Okay) {
  const seen: Seen[] = [];
  const handler: PortHandler<string> = {
    name,
    access(access: IoAccess<string>) {
      const { direction, port, size, value, context } = access;
      seen.push({ direction, port, size, value, context });
      if (direction === "in") access.value = data;
      return result;
    },
  };
  return { handler, seen };
}

const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof PortioError) return error.code;
    throw error;
  }
  return "no error";
};

describe("[portio-bus] access", () => {
  it("in al, dx reaches the handler of the range and returns its datum cut to the width", () => {
    const bus = createPortioBus<string>();
    const uart = probe("uart", 0x1234_5678);
    bus.register({ base: 0x3f8, size: 8 }, uart.handler);
    expect(bus.access("in", 0x3fd, 1, 0, "vcpu0")).toBe(0x78);
    expect(bus.access("in", 0x3fc, 2, 0, "vcpu0")).toBe(0x5678);
    expect(bus.access("in", 0x3fc, 4, 0, "vcpu0")).toBe(0x1234_5678);
    expect(bus.result).toBe(IoResult.Okay);
    expect(uart.seen[0]).toEqual({ direction: "in", port: 0x3fd, size: 1, value: 0xff, context: "vcpu0" });
  });

  it("out dx, al hands over the datum zero-extended to the width", () => {
    const bus = createPortioBus<string>();
    const port80 = probe("post", 0);
    bus.register({ base: 0x80, size: 1 }, port80.handler);
    expect(bus.access("out", 0x80, 1, 0xdead_beef, "v")).toBe(0xef);
    expect(port80.seen).toEqual([{ direction: "out", port: 0x80, size: 1, value: 0xef, context: "v" }]);
    bus.register({ base: 0xe0, size: 4 }, port80.handler);
    bus.access("out", 0xe0, 4, -1, "v");
    expect(port80.seen[1]?.value).toBe(0xffff_ffff);
  });

  it("unclaimed ports float: IN reads all ones of the width, OUT is dropped, the result says unhandled", () => {
    const bus = createPortioBus<string>();
    expect([1, 2, 4].map((size) => bus.access("in", 0x1234, size as IoSize, 0, "v"))).toEqual([
      0xff, 0xffff, 0xffff_ffff,
    ]);
    expect(bus.result).toBe(IoResult.Unhandled);
    bus.access("out", 0x1234, 4, 1, "v");
    expect(bus.result).toBe(IoResult.Unhandled);
  });

  it("an access must lie wholly inside the claim (Xen), neighbours included", () => {
    const bus = createPortioBus<string>();
    const vmport = probe("vmport", 7);
    bus.register({ base: 0x5658, size: 4 }, vmport.handler);
    for (const [port, size] of [
      [0x5657, 1],
      [0x5657, 2],
      [0x565b, 2],
      [0x5659, 4],
      [0x565c, 1],
    ] as const) {
      expect(bus.access("in", port, size, 0, "v"), `${port.toString(16)}/${size}`).toBe(
        { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff }[size],
      );
    }
    expect(vmport.seen).toEqual([]);
    expect(bus.access("in", 0x5658, 4, 0, "v")).toBe(7);
    expect(bus.access("in", 0x565b, 1, 0, "v")).toBe(7);
  });

  it("the port space ends at 0xffff: what reaches beyond floats", () => {
    const bus = createPortioBus<string>({ spanning: "split" });
    const last = probe("last", 0x11);
    bus.register({ base: 0xffff, size: 1 }, last.handler);
    expect(bus.access("in", 0xffff, 1, 0, "v")).toBe(0x11);
    expect(bus.access("in", 0xffff, 4, 0, "v")).toBe(0xffff_ff11);
    expect(createPortioBus<string>().access("in", 0xffff, 4, 0, "v")).toBe(0xffff_ffff);
  });

  it("passes the caller's own context object", () => {
    const bus = createPortioBus<{ eax: number }>();
    const registers = { eax: 1 };
    bus.register(
      { base: 0x10, size: 1 },
      {
        name: "six registers",
        access(access) {
          access.context.eax = 0x564d_5868;
          return IoResult.Okay;
        },
      },
    );
    bus.access("out", 0x10, 1, 0, registers);
    expect(registers.eax).toBe(0x564d_5868);
  });

  it("a handler that declines after scribbling on the value leaves no trace", () => {
    const bus = createPortioBus<string>();
    bus.register({ base: 1, size: 1 }, probe("scribbler", 0x55, IoResult.Unhandled).handler);
    expect(bus.access("in", 1, 1, 0, "v")).toBe(0xff);
  });

  it("Retry is passed on", () => {
    const bus = createPortioBus<string>();
    bus.register({ base: 1, size: 1 }, probe("slow", 0, IoResult.Retry).handler);
    bus.access("out", 1, 1, 0, "v");
    expect(bus.result).toBe(IoResult.Retry);
  });

  it("EXCEPTION (2) is never legal from a handler", () => {
    const bus = createPortioBus<string>();
    bus.register({ base: 1, size: 1 }, probe("rogue", 0, 2 as IoResult).handler);
    expect(code(() => bus.access("in", 1, 1, 0, "v"))).toBe("bad-result");
  });

  it("a handler may use the bus itself without losing its own access", () => {
    const bus = createPortioBus<string>();
    bus.register({ base: 2, size: 1 }, probe("inner", 0x22).handler);
    bus.register(
      { base: 1, size: 1 },
      {
        name: "outer",
        access(access) {
          const inner = bus.access("in", 2, 1, 0, access.context);
          expect(access.port).toBe(1);
          access.value = inner + 1;
          return IoResult.Okay;
        },
      },
    );
    expect(bus.access("in", 1, 1, 0, "v")).toBe(0x23);
    expect(bus.access("in", 2, 1, 0, "v")).toBe(0x22);
  });

  it("behind the bus: an unclaimed handler may answer, or decline", () => {
    const model = probe("device model", 0x77);
    const bus = createPortioBus<string>({ unclaimed: model.handler });
    expect(bus.access("in", 0x99, 1, 0, "v")).toBe(0x77);
    expect(bus.result).toBe(IoResult.Okay);
    const declining = createPortioBus<string>({ unclaimed: probe("none", 1, IoResult.Unhandled).handler });
    expect(declining.access("in", 0x99, 1, 0, "v")).toBe(0xff);
  });
});

describe("[portio-bus] the same access again", () => {
  /** Reads port 0x10 twice, so that the bus knows who answers, changes something, and reads again. */
  const twiceThen = (
    change: (bus: PortioBus<string>, registration: Registration) => void,
    first = probe("first", 1),
  ) => {
    const bus = createPortioBus<string>();
    const registration = bus.register({ base: 0x10, size: 4 }, first.handler, { overlap: "layer" });
    const read = (size: IoSize = 1) => bus.access("in", 0x10, size, 0, "v");
    expect([read(), read()]).toEqual([1, 1]);
    change(bus, registration);
    return { bus, read, first };
  };

  it("another size, port or direction is another access", () => {
    const { bus, read, first } = twiceThen(() => undefined);
    expect(read(4)).toBe(1);
    bus.access("out", 0x10, 1, 0x1ff, "w");
    bus.access("in", 0x11, 1, 0, "w");
    expect(first.seen.slice(2)).toEqual([
      { direction: "in", port: 0x10, size: 4, value: 0xffff_ffff, context: "v" },
      { direction: "out", port: 0x10, size: 1, value: 0xff, context: "w" },
      { direction: "in", port: 0x11, size: 1, value: 0xff, context: "w" },
    ]);
  });

  it("a layer over it, its end, its move and an observer are noticed", () => {
    const over = probe("over", 2);
    const layer = twiceThen(
      (bus) => void bus.register({ base: 0x10, size: 1 }, over.handler, { overlap: "layer", priority: 1 }),
    );
    expect(layer.read()).toBe(2);
    expect(twiceThen((_, registration) => registration.deregister()).read()).toBe(0xff);
    const moved = twiceThen((_, registration) => registration.relocate(0x20));
    expect(moved.read()).toBe(0xff);
    expect(moved.bus.access("in", 0x20, 1, 0, "v")).toBe(1);
    const names: unknown[] = [];
    twiceThen((bus) => void bus.observe((_access, _result, name) => names.push(name))).read();
    expect(names).toEqual(["first"]);
  });

  it("who answered before may decline, ask for a repetition, or be wrong", () => {
    let result: IoResult = IoResult.Okay;
    const moody: PortHandler<string> = {
      name: "moody",
      access(access) {
        access.value = 1;
        return result;
      },
    };
    const { bus, read } = twiceThen(() => undefined, { handler: moody, seen: [] });
    result = IoResult.Unhandled;
    expect([read(), bus.result]).toEqual([0xff, IoResult.Unhandled]);
    result = IoResult.Retry;
    read();
    expect(bus.result).toBe(IoResult.Retry);
    result = 2 as IoResult;
    expect(code(read)).toBe("bad-result");
  });

  it("a handler that changes the claims while it answers is not remembered", () => {
    const bus = createPortioBus<string>();
    const later = probe("later", 7);
    const registration = bus.register(
      { base: 0x10, size: 1 },
      {
        name: "once",
        access(access) {
          registration.deregister();
          bus.register({ base: 0x10, size: 1 }, later.handler);
          access.value = 6;
          return IoResult.Okay;
        },
      },
    );
    expect([bus.access("in", 0x10, 1, 0, "v"), bus.access("in", 0x10, 1, 0, "v")]).toEqual([6, 7]);
  });
});

describe("[portio-bus] claims", () => {
  it("refuses an overlap and says with whom", () => {
    const bus = createPortioBus<string>();
    bus.register({ base: 0x60, size: 5 }, probe("i8042", 0).handler);
    expect(() => bus.register({ base: 0x64, size: 1 }, probe("kbd", 0).handler)).toThrow(
      'kbd: 0x0064 overlaps 0x0060..0x0064 of i8042; pass overlap: "layer"',
    );
    expect(code(() => bus.register({ base: 0x5f, size: 2 }, probe("x", 0).handler))).toBe("overlap");
    bus.register({ base: 0x65, size: 1 }, probe("next door", 0).handler);
    bus.register({ base: 0x5f, size: 1 }, probe("other door", 0).handler);
  });

  it.each([
    [-1, 1],
    [0, 0],
    [0xffff, 2],
    [0x1_0000, 1],
    [1.5, 1],
    [0, Number.NaN],
  ])("refuses the range base %d size %d", (base, size) => {
    const bus = createPortioBus<string>();
    expect(code(() => bus.register({ base, size }, probe("x", 0).handler))).toBe("bad-range");
    expect(bus.list()).toEqual([]);
  });

  it("layers: first that handles wins, higher priority first, then registration order", () => {
    const bus = createPortioBus<string>();
    const base = probe("base", 1);
    const filter = probe("filter", 2, IoResult.Unhandled);
    const top = probe("top", 3);
    bus.register({ base: 0x10, size: 4 }, base.handler);
    bus.register({ base: 0x10, size: 1 }, filter.handler, { overlap: "layer", priority: 5 });
    expect(bus.access("in", 0x10, 1, 0, "v")).toBe(1);
    expect(filter.seen).toHaveLength(1);
    const registration = bus.register({ base: 0x12, size: 1 }, top.handler, { overlap: "layer", priority: 9 });
    expect(bus.access("in", 0x12, 1, 0, "v")).toBe(3);
    expect(bus.access("in", 0x12, 2, 0, "v"), "wider than the layer: the base answers").toBe(1);
    registration.deregister();
    expect(bus.access("in", 0x12, 1, 0, "v")).toBe(1);
  });

  it("relocates, refuses a relocation onto others and then stays where it was", () => {
    const bus = createPortioBus<string>();
    const bar = bus.register({ base: 0xc000, size: 0x20 }, probe("bar", 1).handler);
    bus.register({ base: 0xd000, size: 0x10 }, probe("other", 2).handler);
    bar.relocate(0xc010);
    expect(bar.range).toEqual({ base: 0xc010, size: 0x20 });
    expect(bus.access("in", 0xc000, 1, 0, "v")).toBe(0xff);
    expect(bus.access("in", 0xc02f, 1, 0, "v")).toBe(1);
    expect(code(() => bar.relocate(0xcff8))).toBe("overlap");
    expect(bus.access("in", 0xc010, 1, 0, "v")).toBe(1);
    bar.deregister();
    bar.deregister();
    expect(code(() => bar.relocate(0))).toBe("deregistered");
  });

  it("bounds the number of claims", () => {
    const bus = createPortioBus<string>();
    for (let port = 0; port < 1024; port++) bus.register({ base: port, size: 1 }, probe("p", 0).handler);
    expect(code(() => bus.register({ base: 2000, size: 1 }, probe("one more", 0).handler))).toBe("too-many-claims");
  });

  it("lists claims as the debug key 'V' prints them", () => {
    const bus = createPortioBus<string>();
    bus.register({ base: 0x5658, size: 4 }, probe("vmport", 0).handler);
    bus.register({ base: 0x20, size: 2 }, probe("pic", 0).handler);
    bus.register({ base: 0x80, size: 1 }, probe("post code", 0).handler);
    bus.register({ base: 0x80, size: 1 }, probe("spy", 0).handler, { overlap: "layer", priority: 1 });
    expect(formatClaims(bus.list())).toBe(
      [
        "0x0020..0x0021 pic",
        "0x0080         spy (priority 1, layered)",
        "0x0080         post code",
        "0x5658..0x565b vmport",
      ].join("\n"),
    );
  });
});

describe("[portio-bus] spanning accesses", () => {
  const pair = (spanning: "float" | "split") => {
    const bus = createPortioBus<string>({ spanning });
    const low = probe("low", 0x11);
    const high = probe("high", 0x22);
    bus.register({ base: 0x100, size: 1 }, low.handler);
    bus.register({ base: 0x101, size: 1 }, high.handler);
    return { bus, low, high };
  };

  it("float by default: nobody is asked", () => {
    const { bus, low, high } = pair("float");
    expect(bus.access("in", 0x100, 2, 0, "v")).toBe(0xffff);
    expect([...low.seen, ...high.seen]).toEqual([]);
  });

  it("split: low port first, unclaimed bytes read as ones", () => {
    const { bus, low, high } = pair("split");
    expect(bus.access("in", 0x100, 2, 0, "v")).toBe(0x2211);
    expect(bus.result).toBe(IoResult.Okay);
    expect(bus.access("in", 0x100, 4, 0, "v")).toBe(0xffff_2211);
    bus.access("out", 0x100, 4, 0xaabb_ccdd, "v");
    expect(low.seen.at(-1)?.value).toBe(0xdd);
    expect(high.seen.at(-1)?.value).toBe(0xcc);
  });

  it("split does not break up what one claim was asked about and declined", () => {
    const bus = createPortioBus<string>({ spanning: "split" });
    const picky = probe("dword only", 0, IoResult.Unhandled);
    bus.register({ base: 0xcf8, size: 4 }, picky.handler);
    expect(bus.access("in", 0xcf8, 4, 0, "v")).toBe(0xffff_ffff);
    expect(picky.seen).toHaveLength(1);
  });
});

describe("[portio-bus] string I/O", () => {
  const memoryOf = (elements: (number | undefined)[], writableUpTo = Number.POSITIVE_INFINITY) => ({
    elements,
    read: (index: number) => elements[index],
    canWrite: (index: number) => index < writableUpTo,
    write: (index: number, value: number) => void (elements[index] = value),
  });

  it("rep insb reads one datum per element", () => {
    const bus = createPortioBus<string>();
    let next = 0;
    const ide: PortHandler<string> = {
      name: "ide",
      access(access) {
        access.value = ++next;
        return IoResult.Okay;
      },
    };
    bus.register({ base: 0x1f0, size: 2 }, ide);
    const memory = memoryOf([]);
    expect(bus.accessString("in", 0x1f0, 2, 3, false, memory, "v")).toBe(3);
    expect(memory.elements).toEqual([1, 2, 3]);
    expect(bus.fault).toBe(false);
  });

  it("a fault in the middle of rep insb loses no datum: the device is not read for the faulting element", () => {
    const bus = createPortioBus<string>();
    const fifo = probe("fifo", 9);
    bus.register({ base: 0x1f0, size: 1 }, fifo.handler);
    expect(bus.accessString("in", 0x1f0, 1, 5, false, memoryOf([], 2), "v")).toBe(2);
    expect(bus.fault).toBe(true);
    expect(fifo.seen).toHaveLength(2);
  });

  it("a fault in the middle of rep outsb writes only what was read", () => {
    const bus = createPortioBus<string>();
    const debugcon = probe("debugcon", 0);
    bus.register({ base: 0xe9, size: 1 }, debugcon.handler);
    expect(bus.accessString("out", 0xe9, 1, 4, false, memoryOf([0x41, 0x42, undefined, 0x44]), "v")).toBe(2);
    expect(bus.fault).toBe(true);
    expect(debugcon.seen.map((access) => access.value)).toEqual([0x41, 0x42]);
  });

  it("rep with a count of 2^53 - 1 returns after the limit and can be continued", () => {
    const bus = createPortioBus<string>({ maxStringElements: 16 });
    const memory = { read: () => 0, canWrite: () => true, write: () => {} };
    expect(bus.accessString("out", 0xe9, 1, Number.MAX_SAFE_INTEGER, false, memory, "v")).toBe(16);
    expect(bus.fault).toBe(false);
    expect(bus.accessString("in", 0xe9, 1, Number.NaN, false, memory, "v")).toBe(0);
  });

  it("Retry before the first element is Retry; after some it is okay with a short count (Xen)", () => {
    const bus = createPortioBus<string>();
    let calls = 0;
    bus.register(
      { base: 1, size: 1 },
      { name: "slow", access: () => (++calls % 3 === 0 ? IoResult.Retry : IoResult.Okay) },
    );
    const memory = { read: () => 0, canWrite: () => true, write: () => {} };
    expect(bus.accessString("out", 1, 1, 9, false, memory, "v")).toBe(2);
    expect(bus.result).toBe(IoResult.Okay);
    calls = 2;
    expect(bus.accessString("out", 1, 1, 9, false, memory, "v")).toBe(0);
    expect(bus.result).toBe(IoResult.Retry);
  });

  it("a bulk handler gets the whole instruction once, with direction flag and count", () => {
    const bus = createPortioBus<string>();
    const calls: unknown[] = [];
    bus.register(
      { base: 0x5659, size: 1 },
      {
        name: "high bandwidth",
        access: () => IoResult.Unhandled,
        accessString(access) {
          calls.push([access.direction, access.port, access.size, access.count, access.df, access.context]);
          access.done = 7;
          access.faultIndex = 9;
          return IoResult.Okay;
        },
      },
    );
    expect(bus.accessString("out", 0x5659, 1, 1000, true, memoryOf([]), "v")).toBe(7);
    expect(bus.fault).toBe(true);
    expect(bus.faultIndex).toBe(9);
    expect(calls).toEqual([["out", 0x5659, 1, 1000, true, "v"]]);
  });

  it("a bulk handler that declines gets its elements one by one", () => {
    const bus = createPortioBus<string>();
    const single = probe("both", 5);
    bus.register({ base: 3, size: 1 }, { ...single.handler, accessString: () => IoResult.Unhandled });
    const memory = memoryOf([]);
    expect(bus.accessString("in", 3, 1, 2, false, memory, "v")).toBe(2);
    expect(memory.elements).toEqual([5, 5]);
  });
});

describe("[portio-bus] observers", () => {
  it("see every access with its result and who answered, until they are ended", () => {
    const bus = createPortioBus<string>();
    const events: string[] = [];
    const end = bus.observe((access, result, handler) => {
      events.push(
        `${access.direction} ${access.port.toString(16)}/${access.size} ${access.value.toString(16)} ${result} ${handler}`,
      );
    });
    bus.register({ base: 0x40, size: 4 }, probe("pit", 0x1_0036).handler);
    bus.access("out", 0x43, 1, 0x134, "v");
    bus.access("in", 0x40, 2, 0, "v");
    bus.access("in", 0x99, 1, 0, "v");
    end();
    bus.access("in", 0x40, 1, 0, "v");
    expect(events).toEqual(["out 43/1 34 0 pit", "in 40/2 36 0 pit", "in 99/1 ff 1 undefined"]);
  });
});

describe("[portio-bus] properties", () => {
  const claim = fc.record({ base: fc.integer({ min: 0, max: 300 }), size: fc.integer({ min: 1, max: 20 }) });

  it("agrees with a list searched from the front, for any mixture of register, deregister and relocate", () => {
    const step = fc.oneof(
      fc.record({ act: fc.constant("register" as const), at: claim, priority: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ act: fc.constant("deregister" as const), which: fc.nat(20) }),
      fc.record({ act: fc.constant("relocate" as const), which: fc.nat(20), base: fc.integer({ min: 0, max: 320 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const bus = createPortioBus<string>();
        const model: {
          id: number;
          base: number;
          size: number;
          priority: number;
          entry: ReturnType<typeof bus.register>;
        }[] = [];
        let id = 0;
        for (const one of steps) {
          if (one.act === "register") {
            const mine = ++id & 0xff;
            const entry = bus.register(one.at, probe(`h${mine}`, mine).handler, {
              overlap: "layer",
              priority: one.priority,
            });
            model.push({ id: mine, ...one.at, priority: one.priority, entry });
          } else if (one.act === "deregister") {
            model.splice(one.which, 1)[0]?.entry.deregister();
          } else {
            const target = model[one.which];
            target?.entry.relocate(one.base);
            if (target !== undefined) target.base = one.base;
          }
        }
        const order = model.toSorted((a, b) => b.priority - a.priority || a.id - b.id);
        for (let port = 0; port < 345; port++) {
          const expected =
            order.find((entry) => entry.base <= port && port + 2 <= entry.base + entry.size)?.id ?? 0xffff;
          expect(bus.access("in", port, 2, 0, "v")).toBe(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("a handler that takes accesses without an object answers as the same handler that does not", () => {
    const step = fc.record({
      direction: fc.constantFrom("in" as const, "out" as const),
      port: fc.constantFrom(0x10, 0x12, 0x14, 0x1_0010),
      size: fc.constantFrom(1 as const, 2 as const, 4 as const),
      value: fc.integer({ min: 0, max: 0xffff_ffff }),
      answer: fc.constantFrom(IoResult.Okay, IoResult.Okay, IoResult.Okay, IoResult.Unhandled, IoResult.Retry, 2),
      event: fc.constantFrom("", "", "", "", "observe", "end", "layer", "gone"),
    });
    type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
    const play = (steps: readonly Step[], direct: boolean): unknown[] => {
      const told: unknown[] = [];
      const bus = createPortioBus<Step>({ unclaimed: { name: "behind", access: () => IoResult.Unhandled } });
      const answer = (direction: IoDirection, port: number, size: IoSize, value: number, context: Step) => {
        told.push(["asked", direction, port, size, direction === "out" && value]);
        return { datum: context.value, result: context.answer as IoResult };
      };
      bus.register(
        { base: 0x10, size: 8 },
        {
          name: "mine",
          access(access) {
            const { direction, port, size, value, context } = access;
            const { datum, result } = answer(direction, port, size, value, context);
            if (direction === "in" && result !== IoResult.Retry) access.value = datum;
            return result;
          },
          ...(direct && {
            accessDirect(direction: IoDirection, port: number, size: IoSize, value: number, context: Step) {
              const { datum, result } = answer(direction, port, size, value, context);
              if (result !== IoResult.Okay) return ~result;
              return direction === "in" ? datum : 7;
            },
          }),
        },
        { overlap: "layer" },
      );
      let end = () => {};
      let layer: Registration | undefined;
      for (const one of steps) {
        if (one.event === "observe") {
          end();
          end = bus.observe((access, result, name) =>
            told.push(["told", access.direction, access.value, result, name]),
          );
        } else if (one.event === "end") end();
        else if (one.event === "layer") {
          layer?.deregister();
          layer = bus.register(
            { base: 0x12, size: 4 },
            { name: "over", access: () => IoResult.Unhandled },
            { overlap: "layer", priority: 1 },
          );
        } else if (one.event === "gone") layer?.deregister();
        try {
          told.push(bus.access(one.direction, one.port, one.size, one.value, one), bus.result);
        } catch (error) {
          told.push(String(error));
        }
      }
      return told;
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        expect(play(steps, true)).toEqual(play(steps, false));
      }),
      { numRuns: 200 },
    );
  });

  it("whatever handlers access in the middle of an access, each keeps its own; one that throws takes nothing with it", () => {
    type Step = { direction: IoDirection; port: number; size: IoSize; throws: boolean; inside: readonly Step[] };
    const { step } = fc.letrec<{ step: Step }>((tie) => ({
      step: fc.record({
        direction: fc.constantFrom("in" as const, "out" as const),
        port: fc.constantFrom(0x10, 0x14, 0x20),
        size: fc.constantFrom(1 as const, 4 as const),
        throws: fc.nat(9).map((n) => n === 0),
        inside: fc.oneof(
          { maxDepth: 3, depthSize: "small" },
          fc.constant([]),
          fc.array(tie("step"), { minLength: 1, maxLength: 4 }),
        ),
      }),
    }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const bus = createPortioBus<Step>();
        const run = (one: Step): void => {
          try {
            const datum = bus.access(one.direction, one.port, one.size, 0x55, one);
            expect(datum).toBe(one.direction === "in" ? one.port : 0x55);
            expect(bus.result).toBe(IoResult.Okay);
          } catch (error) {
            if (!one.throws || error !== one) throw error;
          }
        };
        const access = (seen: IoAccess<Step>): IoResult => {
          const { context } = seen;
          const start = context.direction === "out" ? 0x55 : context.size === 4 ? 0xffff_ffff : 0xff;
          for (const one of context.inside) {
            run(one);
            const { direction, port, size } = context;
            expect({ ...seen }).toEqual({ direction, port, size, value: start, context });
          }
          if (context.throws) throw context;
          if (seen.direction === "in") seen.value = seen.port;
          return IoResult.Okay;
        };
        bus.register({ base: 0x10, size: 4 }, { name: "a", access });
        bus.register({ base: 0x14, size: 0x10 }, { name: "b", access });
        for (const one of steps) run(one);
      }),
      { numRuns: 300 },
    );
  });

  it("register then deregister leaves the bus as it was", () => {
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 10 }), (claims) => {
        const bus = createPortioBus<string>();
        const entries = claims.map((range) => bus.register(range, probe("x", 1).handler, { overlap: "layer" }));
        for (const entry of entries) entry.deregister();
        for (let port = 0; port < 330; port++) expect(bus.access("in", port, 1, 0, "v")).toBe(0xff);
        expect(bus.list()).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
