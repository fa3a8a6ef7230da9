import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPacer, createSimClock, SimClockError } from "./index.ts";

const recorder = (clock = createSimClock()) => {
  const fired: string[] = [];
  const alarm = (name: string) => clock.createAlarm(name, (atNs) => fired.push(`${name}@${atNs}/${clock.nowNs()}`));
  return { clock, fired, alarm };
};

const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof SimClockError ? error.code : "another error";
  }
};

describe("[sim-clock] time", () => {
  it("at the default rate one instruction is one nanosecond", () => {
    const clock = createSimClock();
    clock.retire(1234);
    expect(clock.nowNs()).toBe(1234n);
  });

  it("is the sum of what has retired, however it is cut and whoever looks on the way", () => {
    const count = fc.oneof(
      fc.nat({ max: 1000 }),
      fc.nat({ max: 2 ** 31 - 1 }).map((part) => part * 2 ** 21),
    );
    const step = fc.record({ count, look: fc.boolean(), armIn: fc.option(fc.nat({ max: 2000 })) });
    const property = fc.property(fc.constantFrom(1e9, 1e6, 1), fc.array(step), (rate, steps) => {
      const clock = createSimClock({ instructionsPerSecond: rate });
      const ns = 1_000_000_000n / BigInt(rate);
      const fired: bigint[] = [];
      const alarm = clock.createAlarm("alarm", (atNs) => fired.push(atNs));
      let now = 0n;
      let due: bigint | undefined;
      const expected: bigint[] = [];
      for (const { count, look, armIn } of steps) {
        if (armIn !== null) {
          due = now + BigInt(armIn) * 10n ** 8n;
          alarm.arm(due);
        }
        if (due !== undefined) {
          const until = due > now ? (due - now + ns - 1n) / ns : 0n;
          expect(BigInt(clock.instructionsUntilAlarm(1e6))).toBe(until < 1_000_000n ? until : 1_000_000n);
        }
        clock.retire(count);
        now += BigInt(count) * ns;
        if (due !== undefined && due <= now) {
          expected.push(due);
          due = undefined;
        }
        if (look) expect(clock.nowNs()).toBe(now);
        expect(fired).toEqual(expected);
      }
      expect(clock.save().nowNs).toBe(now);
    });
    fc.assert(property, { seed: 20261123 });
  });

  it("accumulates no rounding error: 3 instructions per second, one by one", () => {
    const clock = createSimClock({ instructionsPerSecond: 3 });
    clock.retire(1);
    expect(clock.nowNs()).toBe(333_333_333n);
    clock.retire(1);
    expect(clock.nowNs()).toBe(666_666_666n);
    clock.retire(1);
    expect(clock.nowNs()).toBe(1_000_000_000n);
  });

  it("is the same however the instructions are sliced", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), fc.array(fc.integer({ min: 0, max: 2 ** 40 })), (rate, slices) => {
        const sliced = createSimClock({ instructionsPerSecond: rate });
        for (const count of slices) sliced.retire(count);
        const total = slices.reduce((sum, count) => sum + BigInt(count), 0n);
        return sliced.nowNs() === (total * 1_000_000_000n) / BigInt(rate);
      }),
    );
  });

  it("the budget to a deadline is exact: one instruction less does not reach it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e12 }),
        fc.integer({ min: 0, max: 1e6 }),
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        (rate, before, delta) => {
          const clock = createSimClock({ instructionsPerSecond: rate });
          clock.retire(before);
          const deadline = clock.nowNs() + delta;
          const budget = clock.instructionsUntil(deadline, Number.MAX_SAFE_INTEGER);
          const state = clock.save();
          clock.retire(budget - 1);
          const short = clock.nowNs() < deadline;
          clock.load(state);
          clock.retire(budget);
          return short && clock.nowNs() >= deadline;
        },
      ),
    );
  });

  it("looks ahead and back without moving", () => {
    const clock = createSimClock({ instructionsPerSecond: 3_000_000_000 });
    clock.retire(10);
    expect(clock.nsAfter(0)).toBe(3n);
    expect(clock.nsAfter(1)).toBe(3n);
    expect(clock.nsAfter(2)).toBe(4n);
    expect(clock.nsAfter(-1)).toBe(3n);
    expect(clock.nsAfter(-2)).toBe(2n);
    expect(clock.nsAfter(-10)).toBe(0n);
    expect(clock.nowNs()).toBe(3n);
  });

  it("tells the time as a number where that is exact, and says where it is not", () => {
    for (const rate of [1e9, 500e6, 1, 3e9, 7]) {
      const clock = createSimClock({ instructionsPerSecond: rate });
      const whole = 1e9 % rate === 0;
      for (const far of [0n, 12_345n, 2n ** 51n, 2n ** 53n - 1n, 2n ** 60n]) {
        clock.advanceTo(far);
        clock.retire(3);
        for (const count of [0, 1, -2, 1_000_000]) {
          const number = clock.nsNumberAfter(count);
          if (!Number.isNaN(number)) expect(BigInt(number), `${rate} ${far} ${count}`).toBe(clock.nsAfter(count));
          if (far <= 12_345n) expect(Number.isNaN(number), `${rate} ${far} ${count}`).toBe(!whole && count !== 0);
          if (far > 2n ** 52n) expect(number).toBeNaN();
        }
      }
    }
  });

  it("never runs backwards: not even where nobody had looked how late it is", () => {
    const late = createSimClock();
    late.retire(50);
    late.advanceTo(20n);
    expect(late.nowNs()).toBe(50n);
    late.advanceTo(60n);
    late.retire(1);
    expect(late.nowNs()).toBe(61n);
  });

  it("is exact beyond what a number holds", () => {
    const clock = createSimClock();
    const far = 2n ** 53n;
    clock.advanceTo(far);
    clock.retire(1);
    expect(clock.nowNs()).toBe(far + 1n);
    expect(clock.nsAfter(2)).toBe(far + 3n);
  });

  it("never runs backwards", () => {
    const clock = createSimClock();
    clock.advanceTo(100n);
    clock.advanceTo(50n);
    expect(clock.nowNs()).toBe(100n);
    expect(clock.instructionsUntil(50n, 10)).toBe(0);
    expect(codeOf(() => clock.retire(-1))).toBe("bad-time");
  });

  it("the date is an input", () => {
    expect(createSimClock().unixTimeNs()).toBe(0n);
    const clock = createSimClock({ unixTimeNs: 1_411_500_000_000_000_000n });
    clock.retire(5);
    expect(clock.unixTimeNs()).toBe(1_411_500_000_000_000_005n);
  });

  it.each([0, -1, 1.5, 2e12, Number.NaN])("refuses a rate of %s", (instructionsPerSecond) => {
    expect(codeOf(() => createSimClock({ instructionsPerSecond }))).toBe("bad-rate");
  });
});

describe("[sim-clock] alarms", () => {
  it("fire by time, then in the order of arming, each at its own time", () => {
    const { clock, fired, alarm } = recorder();
    const [a, b, c, d] = [alarm("a"), alarm("b"), alarm("c"), alarm("d")];
    d.arm(20n);
    c.arm(10n);
    a.arm(10n);
    b.arm(5n);
    expect(clock.nextAlarmNs).toBe(5n);
    clock.advanceTo(15n);
    expect(fired).toEqual(["b@5/5", "c@10/10", "a@10/10"]);
    expect(clock.nowNs()).toBe(15n);
    clock.retire(4);
    expect(fired).toHaveLength(3);
    clock.retire(1);
    expect(fired.at(-1)).toBe("d@20/20");
    expect(clock.nextAlarmNs).toBeUndefined();
  });

  it("re-arming moves to the end of its time", () => {
    const { clock, fired, alarm } = recorder();
    const [a, b] = [alarm("a"), alarm("b")];
    a.arm(10n);
    b.arm(10n);
    a.arm(10n);
    clock.advanceTo(10n);
    expect(fired).toEqual(["b@10/10", "a@10/10"]);
  });

  it("a disarmed alarm is silent", () => {
    const { clock, fired, alarm } = recorder();
    const a = alarm("a");
    a.arm(1n);
    a.disarm();
    expect(a.atNs).toBeUndefined();
    clock.advanceTo(10n);
    expect(fired).toEqual([]);
  });

  it("one armed in the past fires at the next movement, late", () => {
    const { clock, fired, alarm } = recorder();
    clock.advanceTo(100n);
    alarm("a").arm(7n);
    expect(clock.instructionsUntilAlarm(1000)).toBe(0);
    clock.advanceTo(clock.nowNs());
    expect(fired).toEqual(["a@7/100"]);
  });

  it("a callback may re-arm itself and others, but cannot hold time still", () => {
    const clock = createSimClock();
    const times: bigint[] = [];
    const stubborn = clock.createAlarm("stubborn", () => {
      times.push(clock.nowNs());
      stubborn.arm(0n);
    });
    stubborn.arm(3n);
    clock.advanceTo(6n);
    expect(times).toEqual([3n, 4n, 5n, 6n]);
  });

  it("a callback cannot move the clock", () => {
    const clock = createSimClock();
    const alarm = clock.createAlarm("a", () => clock.advanceTo(99n));
    alarm.arm(1n);
    expect(codeOf(() => clock.advanceTo(2n))).toBe("bad-time");
    clock.advanceTo(3n);
    expect(clock.nowNs()).toBe(3n);
  });

  it("the budget stops at the next alarm, or at the given most", () => {
    const { clock, alarm } = recorder(createSimClock({ instructionsPerSecond: 500_000_000 }));
    expect(clock.instructionsUntilAlarm(4096)).toBe(4096);
    alarm("a").arm(7n);
    expect(clock.instructionsUntilAlarm(4096)).toBe(4);
    expect(clock.instructionsUntilAlarm(2)).toBe(2);
  });

  it("names are unique, and a removed name is free again", () => {
    const { clock, fired, alarm } = recorder();
    const a = alarm("a");
    expect(codeOf(() => alarm("a"))).toBe("duplicate-alarm");
    a.arm(1n);
    a.remove();
    alarm("a");
    clock.advanceTo(5n);
    expect(fired).toEqual([]);
  });

  it("there are at most 1,024", () => {
    const clock = createSimClock();
    for (let i = 0; i < 1024; i++) clock.createAlarm(`${i}`, () => undefined);
    expect(codeOf(() => clock.createAlarm("one more", () => undefined))).toBe("too-many-alarms");
  });
});

describe("[sim-clock] whoever retires late", () => {
  /** A driver that has run instructions and tells of them only when it is asked. */
  const lateDriver = () => {
    const made = recorder();
    let untold = 0;
    made.clock.follow(() => {
      const count = untold;
      untold = 0;
      made.clock.retire(count);
    });
    return { ...made, ran: (count: number) => void (untold += count) };
  };

  it("is asked before the time is read, an alarm is armed or time jumps", () => {
    const { clock, ran, alarm, fired } = lateDriver();
    ran(5);
    expect(clock.nowNs()).toBe(5n);
    ran(5);
    expect(clock.unixTimeNs()).toBe(10n);
    ran(5);
    expect(clock.nsAfter(-1)).toBe(14n);
    ran(5);
    expect(clock.save().nowNs).toBe(20n);
    ran(5);
    expect(clock.instructionsUntil(30n, 100)).toBe(5);
    // Not in the past by then, though it was when nobody had been told.
    ran(10);
    const a = alarm("a");
    a.arm(36n);
    expect(clock.instructionsUntilAlarm(100)).toBe(1);
    ran(1);
    clock.advanceTo(36n);
    expect(fired).toEqual(["a@36/36"]);
  });

  it("is not asked by its own telling, and the next driver takes the place of the last", () => {
    const { clock, ran, alarm, fired } = lateDriver();
    alarm("a").arm(3n);
    ran(3);
    expect(clock.nowNs()).toBe(3n);
    expect(fired).toEqual(["a@3/3"]);
    clock.follow(() => undefined);
    ran(3);
    expect(clock.nowNs()).toBe(3n);
  });

  it("the revision is another one after all that moves the next alarm but retiring", () => {
    const { clock, alarm } = recorder();
    const seen = [clock.revision];
    const changes = (what: () => void): boolean => {
      what();
      seen.push(clock.revision);
      return seen.at(-1) !== seen.at(-2);
    };
    const a = alarm("a");
    expect(changes(() => a.arm(10n))).toBe(true);
    expect(changes(() => clock.retire(9))).toBe(false);
    expect(changes(() => void clock.nowNs())).toBe(false);
    expect(changes(() => clock.retire(1))).toBe(true);
    expect(changes(() => a.arm(20n))).toBe(true);
    expect(changes(() => a.disarm())).toBe(true);
    expect(changes(() => clock.advanceTo(15n))).toBe(true);
    const state = clock.save();
    expect(changes(() => clock.load(state))).toBe(true);
    expect(new Set(seen).size).toBe(7);
  });
});

describe("[sim-clock] save and load", () => {
  it("a restored clock fires the same alarms at the same times in the same order", () => {
    const first = recorder(createSimClock({ instructionsPerSecond: 3_000_000_000, unixTimeNs: 42n }));
    const names = ["a", "b", "c"];
    const [a, b, c] = names.map((name) => first.alarm(name));
    first.clock.retire(10);
    c?.arm(9n);
    a?.arm(9n);
    b?.arm(8n);
    const state = structuredClone(first.clock.save());
    const second = recorder(createSimClock({ instructionsPerSecond: 3_000_000_000 }));
    for (const name of names) second.alarm(name).arm(1n);
    second.clock.load(state);
    for (const { clock } of [first, second]) clock.retire(17);
    expect(second.fired).toEqual(["b@8/8", "c@9/9", "a@9/9"]);
    expect(second.fired).toEqual(first.fired);
    expect(second.clock.save()).toEqual(first.clock.save());
    expect(second.clock.unixTimeNs()).toBe(51n);
  });

  it("refuses a state of another version, rate or machine, and changes nothing", () => {
    const { clock, alarm } = recorder();
    alarm("a").arm(5n);
    const state = clock.save();
    expect(codeOf(() => clock.load({ ...state, version: 2 as 1 }))).toBe("bad-state");
    expect(codeOf(() => createSimClock({ instructionsPerSecond: 7 }).load(state))).toBe("bad-state");
    expect(() => createSimClock().load(state)).toThrow('clock state has an alarm "a" that this machine does not');
    expect(clock.nextAlarmNs).toBe(5n);
  });
});

describe("[sim-clock] pacer", () => {
  it("compares with an injected wall clock and never moves time", () => {
    const clock = createSimClock();
    let wall = 1000n;
    const pacer = createPacer(clock, () => wall);
    expect(pacer.aheadNs()).toBe(0n);
    clock.retire(500);
    expect(pacer.aheadNs()).toBe(500n);
    wall += 800n;
    expect(pacer.aheadNs()).toBe(-300n);
    pacer.rebase();
    expect(pacer.aheadNs()).toBe(0n);
    expect(clock.nowNs()).toBe(500n);
  });
});
