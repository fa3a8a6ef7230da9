import { describe, expect, it } from "vitest";
import { between, call, MAGIC, masked, noneOf, step } from "./author.ts";
import type { ConformanceCase, Step } from "./case.ts";
import { type AccessResult, type HostFunction, runCase, STRING_ADDRESS } from "./run-suite.ts";

const caseOf = (...steps: readonly Step[]): ConformanceCase => ({
  id: "a.case.ring0",
  title: "",
  kind: "contract",
  ring: 0,
  steps,
  passes: ["vmware"],
  source: { kind: "header", ref: "" },
});
/** Answers with the registers given, over those that came. */
const answering =
  (changes: Partial<AccessResult["registers"]>, fault?: number): HostFunction =>
  ({ registers }) => ({ registers: { ...registers, ...changes }, ...(fault === undefined ? {} : { fault }) });
const judge = (host: HostFunction, ...steps: readonly Step[]) => runCase(caseOf(...steps), host);
const passed = { id: "a.case.ring0", verdict: "pass", detail: "" };

describe("[vmport-conformance] runCase", () => {
  it("passes what the step expects, and names the register that differs", () => {
    const version = call(10, { expect: { eax: 6, ebx: MAGIC } });
    expect(judge(answering({ eax: 6, ebx: MAGIC }), version)).toEqual(passed);
    expect(judge(answering({ eax: 5, ebx: MAGIC }), version).detail).toBe(
      "step 1 eax 00000005 want 00000006/ffffffff+00000000",
    );
  });

  it("whatever a step does not mention must be unchanged", () => {
    expect(judge(answering({}), call(10))).toEqual(passed);
    expect(judge(answering({ edi: 1 }), call(10)).detail).toBe("step 1 edi 00000001 want d1d1d1d1/ffffffff+00000000");
    expect(judge(answering({ edi: 1 }), call(10, { expect: { edi: "any" } }))).toEqual(passed);
  });

  it("a mask, a range, a range around zero, values that must not be", () => {
    const eax = (value: number, expectation: Parameters<typeof call>[1]) =>
      judge(answering({ eax: value }), call(1, expectation)).verdict;
    expect(eax(0xabcd_0006, { expect: { eax: masked(0xffff, 6) } })).toBe("pass");
    expect(eax(0xabcd_0106, { expect: { eax: masked(0xffff, 6) } })).toBe("fail");
    expect([0, 1, 5, 6].map((value) => eax(value, { expect: { eax: between(1, 5) } }))).toEqual([
      "fail",
      "pass",
      "pass",
      "fail",
    ]);
    expect([-3, -2, 0, 2, 3].map((value) => eax(value, { expect: { eax: between(-2, 2) } }))).toEqual([
      "fail",
      "pass",
      "pass",
      "pass",
      "fail",
    ]);
    expect([7, 8, 9].map((value) => eax(value, { expect: { eax: noneOf(7, 9) } }))).toEqual(["fail", "pass", "fail"]);
  });

  it("an exception where none is due, and none where one is", () => {
    expect(judge(answering({}, 13), call(10)).detail).toBe("step 1 fault 0d want none");
    expect(judge(answering({}), call(10, { fault: 13 })).detail).toBe("step 1 fault none want 0d");
    expect(judge(answering({}, 13), call(10, { fault: 13 }))).toEqual(passed);
    expect(judge(answering({ eax: 1 }, 13), call(10, { fault: 13 })).verdict).toBe("fail");
  });

  it("what one step captures, the next one uses", () => {
    const seen: number[] = [];
    const host: HostFunction = ({ registers }) => {
      seen.push(registers.edx);
      return { registers: { ...registers, edx: 0x0007_1234 } };
    };
    const steps = [
      call(30, { expect: { edx: "any" }, capture: { edx: { mask: 0xffff_0000, variable: 2 } } }),
      call(30, {
        set: { edx: { value: 0x5658, variable: 2 } },
        expect: { edx: [{ mask: 0xffff_0000, base: { value: 0, variable: 2 }, span: 0, not: false }] },
      }),
    ];
    expect(judge(host, ...steps)).toEqual(passed);
    expect(seen[1]).toBe(0x0007_5658);
  });

  it("after a failure only the steps that give back are executed", () => {
    const commands: number[] = [];
    const host: HostFunction = ({ registers }) => {
      commands.push(registers.ecx);
      return { registers };
    };
    const capture = { ebx: { mask: 0xffff, variable: 0 } };
    judge(
      host,
      call(1, { expect: { eax: 0 }, capture }),
      call(2),
      call(3, { set: { ecx: { value: 3, variable: 0 } }, cleanup: true }),
      call(4),
    );
    // What the failed step captured (0xbbbb) is there.
    expect(commands).toEqual([1, 0xbbbb | 3]);
  });

  it("the host gets a string's bytes, its address and its length; what it writes is compared", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const common = { kind: "string", size: 1, port: 0x5659, data: bytes, set: { ecx: 3 } } as const;
    const echo: HostFunction = ({ registers, memory, direction }) => {
      if (direction === "out") expect([registers.esi, memory]).toEqual([STRING_ADDRESS, bytes]);
      else memory?.set([1, 2, 4]);
      return { registers };
    };
    expect(judge(echo, step("out", common))).toEqual(passed);
    expect(judge(echo, step("in", common)).detail).toBe("step 1 data differs at 00000002");
  });

  it("a host that cannot do an access is not judged", () => {
    expect(judge(() => undefined, call(10)).verdict).toBe("skip");
  });
});
