import { describe, expect, it } from "vitest";
import { VARIABLES } from "../case.ts";
import { conformanceSuite } from "./index.ts";

describe("[vmport-conformance] the suite", () => {
  it("identifiers are unique, without blanks, and end in the ring", () => {
    const ids = conformanceSuite.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, ring } of conformanceSuite) expect(id).toMatch(new RegExp(`^[a-z0-9.-]+\\.ring${ring}$`));
  });

  it("VMware passes the contract and shows no quirk", () => {
    for (const { id, kind, passes } of conformanceSuite)
      expect([id, passes.includes("vmware")]).toEqual([id, kind === "contract"]);
  });

  it("every case has steps, a title and a source", () => {
    for (const { id, steps, title, source } of conformanceSuite)
      expect([id, steps.length > 0, title.length > 0, source.ref.length > 0]).toEqual([id, true, true, true]);
  });

  it("variables are set before they are used, and exist", () => {
    for (const { id, steps } of conformanceSuite) {
      const known = new Set<number>();
      for (const { set, checks, captures } of steps) {
        const used = [...Object.values(set), ...checks.map(({ base }) => base)].flatMap(({ variable }) =>
          variable === undefined ? [] : [variable],
        );
        expect([id, used.filter((variable) => !known.has(variable))]).toEqual([id, []]);
        for (const { variable } of captures) {
          expect(variable).toBeLessThan(VARIABLES);
          known.add(variable);
        }
      }
    }
  });

  it("what is opened is closed: as many CLOSEs that are executed in any case as OPENs that succeed", () => {
    for (const { id, steps } of conformanceSuite) {
      const opens = steps.filter(({ captures }) => captures.length > 0).length;
      const closes = steps.filter(({ cleanup }) => cleanup === true).length;
      expect([id, closes >= opens]).toEqual([id, true]);
    }
  });

  it("no case is there twice under another name", () => {
    const bodies = new Map<string, string>();
    for (const { id, ring, steps } of conformanceSuite) {
      const body = JSON.stringify([ring, steps]);
      expect([id, bodies.get(body)]).toEqual([id, undefined]);
      bodies.set(body, id);
    }
  });
});
