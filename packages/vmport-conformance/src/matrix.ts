/** Hosts against cases. */
import { type ConformanceCase, type HostName, hostNames } from "./case.ts";
import { conformanceSuite } from "./cases/index.ts";
import type { CaseResult, Verdict } from "./results.ts";

export interface MatrixColumn {
  /** Heading: what was judged, and how. */
  readonly title: string;
  /** Whose expectation applies; left out: nobody's. */
  readonly expects?: HostName;
  readonly results: readonly CaseResult[];
}

export interface MatrixCell {
  readonly verdict: Verdict | "missing";
  /** What the sources say of this host, if they do. */
  readonly expected?: "pass" | "fail";
  readonly detail: string;
}

export interface MatrixRow {
  readonly id: string;
  readonly title: string;
  readonly kind: ConformanceCase["kind"];
  readonly cells: readonly MatrixCell[];
}

export interface Matrix {
  readonly columns: readonly { readonly title: string; readonly expects?: HostName }[];
  readonly rows: readonly MatrixRow[];
}

export function createMatrix(
  columns: readonly MatrixColumn[],
  cases: readonly ConformanceCase[] = conformanceSuite,
): Matrix {
  const found = columns.map(({ results }) => new Map(results.map((each) => [each.id, each])));
  return {
    columns: columns.map(({ title, expects }) => ({ title, ...(expects === undefined ? {} : { expects }) })),
    rows: cases.map((each) => ({
      id: each.id,
      title: each.title,
      kind: each.kind,
      cells: columns.map(({ expects }, index) => {
        const result = found[index]?.get(each.id);
        return {
          verdict: result?.verdict ?? "missing",
          ...(expects === undefined ? {} : { expected: each.passes.includes(expects) ? "pass" : "fail" }),
          detail: result?.detail ?? "",
        };
      }),
    })),
  };
}

/** Cells whose verdict is not what the sources say of that host. Skipped cases are none. */
export function surprises(
  matrix: Matrix,
): readonly { readonly column: string; readonly id: string; readonly cell: MatrixCell }[] {
  return matrix.rows.flatMap(({ id, cells }) =>
    cells.flatMap((cell, index) =>
      isSurprise(cell) ? [{ column: matrix.columns[index]?.title ?? "", id, cell }] : [],
    ),
  );
}

const isSurprise = ({ verdict, expected }: MatrixCell): boolean =>
  expected !== undefined && (verdict === "pass" || verdict === "fail") && verdict !== expected;

const signs = { pass: "✓", fail: "·", skip: "–", missing: "?" } as const;

/** A table of one row per case. `✓` passes, `·` does not, `–` cannot be asked; `!` marks what the sources do not say of that host. */
export function formatMatrix(matrix: Matrix): string {
  const { columns, rows } = matrix;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const table = [
    line(["case", ...columns.map(({ title }) => title)]),
    `|---${"|:-:".repeat(columns.length)}|`,
    ...rows.map(({ id, cells }) =>
      line([id, ...cells.map((cell) => signs[cell.verdict] + (isSurprise(cell) ? "!" : ""))]),
    ),
  ];
  const count = (kind: ConformanceCase["kind"]): string =>
    line([
      `**${kind}: passed of asked**`,
      ...columns.map((_, index) => {
        const cells = rows.filter((row) => row.kind === kind).map((row) => row.cells[index]?.verdict);
        return `${cells.filter((verdict) => verdict === "pass").length}/${cells.filter((verdict) => verdict === "pass" || verdict === "fail").length}`;
      }),
    ]);
  return [...table, count("contract"), count("quirk")].join("\n");
}

export const isHostName = (name: string): name is HostName => (hostNames as readonly string[]).includes(name);
