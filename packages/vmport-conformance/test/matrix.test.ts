/** Every host that can be had here against every case; docs/matrix.md and docs/matrix.json are what comes out (`vitest -u` renews them). */

import { describe, expect, it } from "vitest";
import { attachToV86 } from "vmport-adapters";
import { personalities } from "vmport-backdoor";
import {
  buildConformanceImage,
  type CaseResult,
  createMatrix,
  formatMatrix,
  type HostName,
  type MatrixColumn,
  parseResults,
  runSuite,
  surprises,
} from "../src/index.ts";
import { ourBackdoor, ourFunction, ourMachine } from "./ours.ts";
import { golden, recordings } from "./recordings.ts";
import { bootInV86, v86AsFunction } from "./v86.ts";

const image = buildConformanceImage({ size: "exact" });

function complete(text: string): readonly CaseResult[] {
  const { results, complete } = parseResults(text);
  expect(complete, text.slice(-200)).toBe(true);
  return results;
}

const unlike = (column: MatrixColumn): readonly string[] =>
  surprises(createMatrix([column])).map(({ id, cell }) => `${id}: ${cell.verdict} ${cell.detail}`);

/** v86 checks I/O permission itself, before any device is asked, and has no RDPMC. */
const NOT_IN_V86 = /\.ring3$|^rdpmc\./;

/** Booting takes well under a second; a busy machine takes longer. */
const LONG = { timeout: 60_000 };

const columns: MatrixColumn[] = [];
const notes: string[] = [];

describe("[vmport-conformance] ours", () => {
  it.each(personalities.map(({ name }) => name as HostName))(
    "%s: function and image agree with each other and the sources",
    LONG,
    (name) => {
      const asFunction = runSuite(ourFunction(name));
      const asImage = complete(ourMachine(name, image));
      // Details name values, such as the memory's size, that differ between the two.
      const verdicts = (results: readonly CaseResult[]) => results.map(({ id, verdict }) => `${verdict} ${id}`);
      expect(verdicts(asImage)).toEqual(verdicts(asFunction));
      const column = { title: name, expects: name, results: asImage };
      columns.push(column);
      expect(unlike(column)).toEqual([]);
    },
  );
});

describe("[vmport-conformance] others", () => {
  it.each(recordings)("$title, as recorded, is what the sources say", ({ title, file, expects, known }) => {
    const column = { title, expects, results: complete(golden(file)) };
    columns.push(column);
    expect(unlike(column).map((line) => line.split(":")[0])).toEqual(Object.keys(known));
    for (const [id, reason] of Object.entries(known)) notes.push(`${title}, \`${id}\`: ${reason}.`);
  });

  it("v86: image and function agree with each other and the sources", LONG, async () => {
    const results = complete(await bootInV86(image));
    const asFunction = runSuite(await v86AsFunction()).filter(({ verdict }) => verdict !== "skip");
    expect(results.filter(({ id }) => asFunction.some((each) => each.id === id))).toEqual(asFunction);
    const column = { title: "v86 0.5.462", expects: "v86" as const, results };
    columns.push(column);
    expect(unlike(column)).toEqual([]);
  });

  it("v86 with our device in it passes all that ring 0 can ask", LONG, async () => {
    const results = complete(await bootInV86(image, (cpu) => attachToV86(cpu, ourBackdoor("vmware"))));
    const column = { title: "v86 + vmport-adapters", expects: "vmware" as const, results };
    columns.push(column);
    expect(unlike(column).filter((line) => !NOT_IN_V86.test(line.split(":")[0] ?? ""))).toEqual([]);
    const asFunction = runSuite(await v86AsFunction((cpu) => attachToV86(cpu, ourBackdoor("vmware"))));
    expect(unlike({ ...column, results: asFunction })).toEqual([]);
    notes.push(
      "v86 + vmport-adapters: v86 itself refuses ring 3 before a device is asked, and has no RDPMC; all else that VMware does passes.",
    );
  });
});

describe("[vmport-conformance] docs/matrix", () => {
  it("is what came out", async () => {
    const matrix = createMatrix(columns);
    const letters = columns.map((_, index) => String.fromCharCode(65 + index));
    const passed = (column: number, kind: "contract" | "quirk"): string => {
      const verdicts = matrix.rows.filter((row) => row.kind === kind).map(({ cells }) => cells[column]?.verdict);
      const count = verdicts.filter((verdict) => verdict === "pass").length;
      return `${count} of ${verdicts.filter((verdict) => verdict !== "skip").length}`;
    };
    const legend = columns.map(({ title }, index) => {
      const name = index < personalities.length ? `ours, personality \`${title}\`` : title;
      return `| ${letters[index]} | ${name} | ${passed(index, "contract")} | ${passed(index, "quirk")} |`;
    });
    const lettered = {
      ...matrix,
      columns: matrix.columns.map((column, index) => ({ ...column, title: letters[index] ?? "" })),
    };
    const page = [
      "# Hosts and cases",
      "",
      "Made by `test/matrix.test.ts`; `npx vitest run -u` renews it. Ours: the function and the booted image gave the same. QEMU and Bochs:",
      "recorded with `HVM_RECORD=1 npx vitest run test/record.test.ts`. v86: run each time.",
      "",
      "`✓` passes, `·` does not, `–` cannot be asked, `!` is not what the sources say of that host. A *quirk* is no fault: it is what another host",
      "is known to do. Titles and sources of the cases: `matrix.json` and `src/cases`.",
      "",
      "| | host | contract | quirks |",
      "|---|---|---|---|",
      ...legend,
      "",
      formatMatrix(lettered),
      "",
      "## Not as the sources say",
      "",
      ...notes.map((note) => `* ${note}`),
      "",
    ].join("\n");
    await expect(page).toMatchFileSnapshot("../docs/matrix.md");
    const json = {
      columns: matrix.columns,
      rows: matrix.rows.map(({ id, title, kind, cells }) => ({
        id,
        title,
        kind,
        verdicts: Object.fromEntries(cells.map(({ verdict }, index) => [columns[index]?.title ?? "", verdict])),
      })),
    };
    await expect(`${JSON.stringify(json, null, 2)}\n`).toMatchFileSnapshot("../docs/matrix.json");
  });
});
