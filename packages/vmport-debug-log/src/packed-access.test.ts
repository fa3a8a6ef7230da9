import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessEntry, createAccessEntry, createDebugLog, createPackedAccess } from "./index.ts";

const word = fc.oneof(fc.constantFrom(0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff), fc.nat(0xffff_ffff));
const long = fc.oneof(
  fc.constantFrom(0n, 0xffff_ffffn, 1n << 32n, (1n << 53n) - 1n, 1n << 53n, (1n << 53n) + 1n, (1n << 64n) - 1n),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);
const name = fc.option(fc.constantFrom("GETVERSION", "GETHZ"), { nil: undefined });
const entries = fc.record({
  class: fc.constantFrom("trace" as const, "after" as const, "error" as const),
  reason: fc.constantFrom(undefined, "not-vmware" as const, "unknown-command" as const),
  atNs: long,
  domainId: word,
  vcpuId: word,
  direction: fc.constantFrom("in" as const, "out" as const),
  port: fc.nat(0xffff),
  size: fc.constantFrom(1, 2, 4),
  rip: long,
  cpl: fc.nat(3),
  command: word,
  commandName: name,
  note: name,
  eax: word,
  ebx: word,
  ecx: word,
  edx: word,
  esi: word,
  edi: word,
});

const recordsOf = (given: readonly AccessEntry[], entry: AccessEntry) => {
  const log = createDebugLog({ ringCapacity: 8 });
  for (const values of given) log.writeAccess(Object.assign(entry, values));
  return log.records();
};

describe("[vmport-debug-log] packed entries", () => {
  it("whatever one holds, the ring keeps what it keeps of a plain entry", () => {
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 20 }), (given) => {
        expect(recordsOf(given, createPackedAccess())).toEqual(recordsOf(given, createAccessEntry()));
        expect(recordsOf(given, createAccessEntry())).toEqual(
          given.slice(-8).map(({ note, eax, ebx, ecx, edx, esi, edi, ...rest }) => ({
            kind: "access",
            ...rest,
            ...(note === undefined ? {} : { note }),
            registers: { eax, ebx, ecx, edx, esi, edi },
          })),
        );
      }),
    );
  });

  it("members read as they were written, by the short ways too", () => {
    fc.assert(
      fc.property(entries, fc.maxSafeNat(), word, word, (values, ns, low, high) => {
        const entry = createPackedAccess();
        Object.assign(entry, values);
        for (const [key, value] of Object.entries(values)) expect(entry[key as keyof AccessEntry]).toBe(value);
        entry.setTime(ns);
        entry.setRip(low, high);
        entry.start(values.direction, values.port, values.size, values.cpl);
        expect(entry).toMatchObject({ class: "trace", reason: undefined, atNs: BigInt(ns) });
        expect(entry.rip).toBe((BigInt(high) << 32n) | BigInt(low));
        entry.setKind(values.class, values.reason);
        const { class: logClass, reason, direction, port, size, cpl } = entry;
        expect([logClass, reason, direction, port, size, cpl]).toEqual([
          values.class,
          values.reason,
          values.direction,
          values.port,
          values.size,
          values.cpl,
        ]);
      }),
    );
  });
});
