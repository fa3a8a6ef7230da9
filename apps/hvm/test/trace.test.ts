import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeXentrace } from "vmport-debug-log";
import { guestRoot, hvm, SKIP_HINT } from "./cli.ts";

/** 16-bit code: GETVERSION, then command 22, then a wrong magic, then HLT for good. */
const CODE = "66b868584d56 66b90a000000 ba5856 66ed 66b868584d56 66b916000000 66ed 66b801000000 66ed fa f4".replaceAll(
  " ",
  "",
);

let folder: string;
let recording: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hvm-trace-"));
  recording = join(folder, "trace.jsonl");
  const image = join(folder, "guest.bin");
  writeFileSync(image, Buffer.from(CODE, "hex"));
  await hvm(["run", image, "--flat=real", "--tier=0", `--trace=${recording}`, "--report=0"]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const trace = (...args: string[]) => hvm(["trace", recording, ...args]);

describe("[hvm trace]", () => {
  it("--trace writes a header, the records and their count, and says nothing", () => {
    const lines = readFileSync(recording, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ kind: "header", version: 1, personality: "vmware", instructionsPerSecond: 1e9 });
    expect(lines.at(-1)).toEqual({ kind: "end", records: lines.length - 2, dropped: 0 });
    expect(lines.slice(1, -1).map(({ class: logClass, command }) => [logClass, command])).toEqual([
      ["trace", 10],
      ["after", 10],
      ["trace", 22],
      ["error", 22],
      ["after", 22],
      ["error", 22],
    ]);
  });

  it("shows a table: an access is one row, with what changed", async () => {
    const { status, stdout } = await trace();
    expect(status).toBe(0);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((row) => row.replace(/^ *[0-9,]+ +/, ""));
    expect(rows[1]).toBe("1.0  in4 5658 ring 0 GETVERSION ecx=a → eax=6 ebx=564d5868 ecx=2");
    expect(rows[2]).toContain("in4 5658 ring 0 PMC unknown (retired, was the cursor of OS/2 guests");
    expect(rows[3]).toContain("PMC ebx=564d5868 ecx=16 → eax=ffffffff");
    expect(rows[4]).toBe("1.0  in4 5658 ring 0 no magic: eax=1");
    expect(rows).toHaveLength(5);
  });

  it.each([
    [["--command=getversion"], 2],
    [["--command=22"], 4],
    [["--class=error"], 3],
    [["--failed"], 3],
    [["--vcpu=1"], 1],
    [["--limit=1"], 3],
    [["--from=1000000"], 1],
  ] as const)("%s leaves %d lines", async (args, count) => {
    expect((await trace(...args)).stdout.trimEnd().split("\n")).toHaveLength(count);
  });

  it("--summary counts, and tells the guest instructions since the call before", async () => {
    const { stdout } = await trace("--summary", "--json");
    expect(JSON.parse(stdout)).toEqual([
      { group: "command", name: "(not VMware)", count: 1, failed: 1, median: 2, longest: 2 },
      { group: "command", name: "GETVERSION", count: 1, failed: 0, median: null, longest: null },
      { group: "command", name: "PMC", count: 1, failed: 1, median: 3, longest: 3 },
    ]);
    expect((await trace("--summary")).stdout).toContain("GETVERSION");
  });

  it("--histogram counts by powers of two", async () => {
    const { stdout } = await trace("--histogram", "--json");
    expect(JSON.parse(stdout).betweenCalls).toEqual([{ from: 2, to: 4, count: 2 }]);
    expect((await trace("--histogram")).stdout).toMatch(/2 – 3 +2 #{40}\n/);
  });

  it("--export=xentrace is read back with the series' ids", async () => {
    const { stdoutBytes } = await trace("--export=xentrace");
    const decoded = decodeXentrace(stdoutBytes);
    if (!decoded.ok) throw new Error(decoded.message);
    expect(decoded.records.map(({ name }) => name)).toEqual([
      "VMPORT_ENTER",
      "VMPORT_HANDLED",
      "VMPORT_ENTER",
      "VMPORT_HANDLED",
      "VMPORT_IGNORED",
    ]);
    expect((await trace("--export=formats")).stdout).toContain("0x00082028  CPU%(cpu)d");
  });

  it("--export=perfetto goes to --out, --export=json can be filtered again", async () => {
    const out = join(folder, "trace.perfetto");
    expect((await trace("--export=perfetto", `--out=${out}`)).status).toBe(0);
    expect(readFileSync(out).includes("GETVERSION")).toBe(true);
    const { stdout } = await trace("--export=json", "--command=10");
    expect(stdout.trimEnd().split("\n")).toHaveLength(2);
  });

  it.each([
    [[], 64, "no file given"],
    [["nowhere.jsonl"], 66, "no such file"],
    [["X", "--export=svg"], 64, "--export: one of perfetto, xentrace, formats, json expected"],
    [["X", "--class=rcp"], 64, "--class: trace, error"],
    [["X", "--out=y"], 64, "--out without --export"],
  ] as const)("%s is refused in words", async (args, status, words) => {
    const run = await hvm(["trace", ...args.map((arg) => (arg === "X" ? recording : arg))]);
    expect(run.status).toBe(status);
    expect(run.stderr).toContain(words);
  });

  it("names the line that is no record; half a line at the end is an interrupted run", async () => {
    const broken = join(folder, "broken.jsonl");
    const whole = readFileSync(recording, "utf8");
    const [header, first] = whole.split("\n");
    writeFileSync(broken, `${header}\nrubbish\n${first}\n`);
    const run = await hvm(["trace", broken]);
    expect(run.status).toBe(65);
    expect(run.stderr).toContain("line 2: not JSON");
    writeFileSync(broken, "rubbish\n");
    expect((await hvm(["trace", broken])).stderr).toContain("line 1: no header of a trace");
    writeFileSync(broken, `${header}\n${first}\n${first?.slice(0, 40)}`);
    expect((await hvm(["trace", broken])).status).toBe(0);
  });

  it("a trace that cannot be written is refused before the guest runs", async () => {
    const image = join(folder, "guest.bin");
    const run = await hvm(["run", image, "--flat=real", `--trace=${join(folder, "no", "such")}`]);
    expect(run.status).toBe(73);
    expect(run.stderr).toContain("cannot write --trace");
  });
});

const root = guestRoot("open-vm-tools");
describe.skipIf(root === undefined)(`[hvm trace] a real program (${SKIP_HINT})`, () => {
  it("--redact hides userdata in log, trace and message, and nothing else", async () => {
    const file = join(folder, "secret.jsonl");
    const secret = "correct horse battery staple";
    const args = ["exec", "--trace", file, "--redact", "--vmport-debug=all", "--guestinfo", `userdata=${secret}`];
    const run = await hvm([...args, `--root=${root}`, "--", "/usr/bin/vmware-rpctool", "info-get guestinfo.userdata"]);
    expect(run.stdout).toBe(`${secret}\n`);
    expect(run.stderr).toContain('info-get "guestinfo.userdata" -> 1 "<28 hidden>"');
    for (const text of [run.stderr, readFileSync(file, "utf8")])
      for (const word of secret.split(" ")) expect(text).not.toContain(word);
    const shown = (await hvm(["trace", file, "--class=rpc"])).stdout;
    expect(shown).toContain('rpc info-get "guestinfo.userdata" → 1 "<28 hidden>"');
  });

  it("--trace alone writes no log line, and changes nothing in the run", async () => {
    const hash = async (...extra: string[]) => {
      const args = ["exec", "--json", ...extra, `--root=${root}`, "--", "/usr/bin/vmware-checkvm"];
      return JSON.parse((await hvm(args)).stdout);
    };
    const plain = await hash();
    const traced = await hash(`--trace=${join(folder, "checkvm.jsonl")}`);
    expect(traced).toEqual(plain);
    expect(traced.log).toBeUndefined();
  });
});
