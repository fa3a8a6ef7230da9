/** How the installed command starts: compiled code that is kept, believed only when it is right, and never needed. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledHvm } from "./cli.ts";

const base = mkdtempSync(join(tmpdir(), "hvm-start-"));
let script = "";
let remove = (): void => {};
beforeAll(() => {
  ({ script, remove } = bundledHvm());
}, 60_000);
afterAll(() => {
  remove();
  rmSync(base, { recursive: true, force: true });
});

let count = 0;
/** An empty home. */
function home(): { readonly folder: string; readonly cache: string; code(): string[] } {
  const folder = join(base, String(count++));
  const cache = join(folder, ".cache", "hvm");
  mkdirSync(folder);
  return { folder, cache, code: () => (existsSync(cache) ? readdirSync(cache) : []) };
}
function start(
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
  node: readonly string[] = [],
) {
  const { PATH = "" } = process.env;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...node, script, ...args], {
    encoding: "utf8",
    env: { PATH, HOME: folder, ...env },
  });
  return { status, signal, stdout, stderr };
}
/** Sends x on COM1 and halts. */
const image = join(base, "x.img");
writeFileSync(image, Buffer.from("baf803b078eefaf4", "hex"));
const run = ["run", "--flat=real", image];
const right = { status: 0, signal: null, stdout: "x", stderr: "" };

describe("[hvm] compiled code between runs", () => {
  it("is written by the first run, read by the second, and changes nothing", () => {
    const { folder, cache, code } = home();
    expect(start(folder, run)).toEqual(right);
    const [name] = code();
    expect(code()).toEqual([expect.stringMatching(/^run-[0-9a-f]{8}\.code$/)]);
    // Writing is renaming: a file written again would be another one.
    const { ino } = statSync(join(cache, name!));
    expect(start(folder, run)).toEqual(right);
    expect(statSync(join(cache, name!)).ino).toBe(ino);
  });

  it("that is broken, cut off or another version's is made anew, and the run is right", () => {
    const { folder, cache, code } = home();
    start(folder, run);
    const path = join(cache, code()[0]!);
    const good = readFileSync(path);
    const flipped = Buffer.from(good);
    for (let at = 100; at < flipped.length; at += 1000) flipped.writeUInt8(flipped.readUInt8(at) ^ 0xff, at);
    for (const bad of [flipped, good.subarray(0, good.length >> 1), Buffer.from("no code at all")]) {
      writeFileSync(path, bad);
      expect(start(folder, run)).toEqual(right);
      expect(readFileSync(path).length).toBeGreaterThan(good.length / 2);
      expect(readFileSync(path).equals(bad)).toBe(false);
    }
    // Made with other flags of V8's: it has a right checksum, and V8 refuses it.
    const flags = ["--no-lazy-feedback-allocation"];
    expect(start(folder, run, {}, flags)).toEqual(right);
    const other = code().find((name) => !path.endsWith(name))!;
    const foreign = readFileSync(join(cache, other));
    writeFileSync(path, foreign);
    expect(start(folder, run)).toEqual(right);
    expect(readFileSync(path).equals(foreign)).toBe(false);
  });

  it("belongs to its source: a chunk of the same length is compiled anew", () => {
    const { folder } = home();
    start(folder, ["demo"]);
    const chunk = join(script, "..", "app", "demo.js");
    const text = readFileSync(chunk, "utf8");
    try {
      writeFileSync(chunk, text.replace("A domain with vmware_port", "A DOMAIN WITH vmware_port"));
      expect(start(folder, ["demo"]).stdout).toMatch(/^A DOMAIN WITH/);
    } finally {
      writeFileSync(chunk, text);
    }
    expect(start(folder, ["demo"]).stdout).toMatch(/^A domain with/);
  });

  it.each([{ HVM_CODE_CACHE: "0" }, { NODE_DISABLE_COMPILE_CACHE: "1" }])("is not kept with %o", (env) => {
    const { folder } = home();
    expect(start(folder, run, env)).toEqual(right);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is not kept where nothing can be written, or without a home", () => {
    // For root too: what should be the folder is a file.
    const { folder } = home();
    writeFileSync(join(folder, ".cache"), "");
    expect(start(folder, run)).toEqual(right);
    expect(start(join(folder, ".cache"), run)).toEqual(right);
    expect(start("", run)).toEqual(right);
    expect(readdirSync(folder)).toEqual([".cache"]);
  });

  it("is not kept, nor read, where others may write", () => {
    const { folder, cache, code } = home();
    mkdirSync(cache, { recursive: true });
    chmodSync(cache, 0o777);
    expect(start(folder, run)).toEqual(right);
    expect(code()).toEqual([]);
  });

  it("is not kept of a run that is only asked for help, or fails early: it has compiled little", () => {
    const { folder, code } = home();
    expect(start(folder, ["run", "--help"]).status).toBe(0);
    expect(start(folder, ["run", join(folder, "missing")]).status).toBe(66);
    expect(start(folder, ["frobnicate"]).status).toBe(64);
    expect(code()).toEqual([]);
  });
});

describe("[hvm] standard streams that are opened late", () => {
  it("input that waits from the beginning reaches the guest; output that nobody reads ends the run quietly", () => {
    const { folder } = home();
    // Sends back what comes in on COM1.
    const echo = join(base, "echo.img");
    writeFileSync(echo, Buffer.from("bafd03eca80174fbb2f8eceeb2fdebf3", "hex"));
    const { PATH = "" } = process.env;
    const echoed = spawnSync(process.execPath, [script, "run", "--flat=real", "--expect=hello", echo], {
      encoding: "utf8",
      env: { PATH, HOME: folder },
      input: "hello",
    });
    expect([echoed.status, echoed.stdout]).toEqual([0, "hello"]);
    const flood = join(base, "flood.img");
    writeFileSync(flood, Buffer.from("baf803b078eeebfd", "hex"));
    const headed = spawnSync(
      "/bin/sh",
      ["-c", `"$0" "$1" run --flat=real "$2" | head -c 5`, process.execPath, script, flood],
      { encoding: "utf8", env: { PATH, HOME: folder }, timeout: 60_000 },
    );
    expect([headed.stdout, headed.stderr]).toEqual(["xxxxx", ""]);
  });
});
