/** HYPERCALLS.md says what the interface does, and the interface does what it says. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { xenGuest } from "../../test/xen-guest.ts";
import { hypercalls, XenErrno } from "../index.ts";

const ENOSYS = -38;
const ROW = /^\| (\w+) \((\d+)\)[^|]*\| (?:(any)|(\d+) \w+) \| (yes|-(E\w+)) \|/;
const text = readFileSync(new URL("../../HYPERCALLS.md", import.meta.url), "utf8");
const rows = text.split("\n").flatMap((line) => {
  const found = ROW.exec(line);
  if (found === null) return [];
  const [, name = "", number, any, command, answer = "", error] = found;
  return [{ name, number: Number(number), command: any ? 0 : Number(command), answer, error, any: any !== undefined }];
});
/** With arguments of zeros in memory of zeros, as far as they go. */
const ask = (number: number, command: number): number => xenGuest().call(number, command);

describe("[hypercalls] HYPERCALLS.md", () => {
  it("every line of the table is a row", () => {
    expect(rows).toHaveLength(text.split("\n").filter((line) => /^\| \w+ \(\d+\)/.test(line)).length);
    expect(rows.length).toBeGreaterThan(80);
  });

  it.each(rows)("$name $command: $answer", ({ name, number, command, error }) => {
    expect(hypercalls.find((hypercall) => hypercall.number === number)?.name).toBe(name);
    if (error !== undefined) expect(ask(number, command)).toBe(-XenErrno[error as keyof typeof XenErrno]);
    else expect([ENOSYS, -XenErrno.EPERM]).not.toContain(ask(number, command));
  });

  it("nothing is there that the table does not have", () => {
    const listed = new Set(rows.map(({ number, command, any }) => (any ? `${number}` : `${number}.${command}`)));
    const there = hypercalls.flatMap(({ number, name }) =>
      listed.has(`${number}`)
        ? []
        : Array.from({ length: 64 }, (_, command) => command)
            .filter((command) => ask(number, command) !== ENOSYS && !listed.has(`${number}.${command}`))
            .map((command) => `${name} ${command}`),
    );
    expect(there).toEqual([]);
  });

  it("numbers that nobody has are -ENOSYS", () => {
    const known = new Set(hypercalls.map(({ number }) => number));
    for (let number = 0; number < 64; number++)
      if (!known.has(number)) expect(ask(number, 0), `${number}`).toBe(ENOSYS);
    expect(ask(0xffff_ffff, 0)).toBe(ENOSYS);
  });
});
