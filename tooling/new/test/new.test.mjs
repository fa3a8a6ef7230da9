import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeNew } from "../new.mjs";
import { NewError } from "../templates.mjs";

let root;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "new-"));
  mkdirSync(join(root, "tooling/layers"), { recursive: true });
  writeFileSync(
    join(root, "tooling/layers/layers.json"),
    JSON.stringify({ floors: [["b-low"], ["high"], ["app"]], sideways: [["a", "b"]] }),
  );
  writeFileSync(join(root, "LICENSE"), "MIT\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const text = (path) => readFileSync(join(root, path), "utf8");

describe("[new]", () => {
  it.each([
    [
      "instruction",
      ["bswap", "48", "0F", "C9"],
      "packages/x86-lift/src/semantics/bswap",
      ["  bswap(b) {", 'liftText("48 0f c9")'],
    ],
    [
      "device",
      ["parallel-port", "0x378"],
      "packages/pc-devices/src/devices/parallel-port",
      ["export const parallelPort: DeviceModel<", "base: 0x378"],
    ],
    [
      "command",
      ["get-mhz", "1"],
      "packages/vmport-backdoor/src/commands/get-mhz",
      ["export const getMhz: BackdoorCommand", "\n  number: 1,\n"],
    ],
    [
      "rpc-verb",
      ["deployPkg.update.state"],
      "packages/vmport-guestrpc/src/rpci/deploy-pkg-update-state",
      ["export const deployPkgUpdateState: RpciCommand", '\n  verb: "deployPkg.update.state",\n'],
    ],
  ])("%s: a source and a test beside it, as the generator reads them", (kind, words, path, parts) => {
    const { files, generate } = makeNew(root, kind, words);
    expect(Object.keys(files)).toEqual([`${path}.ts`, `${path}.test.ts`]);
    const all = text(`${path}.ts`) + text(`${path}.test.ts`);
    for (const part of parts) expect(all).toContain(part);
    expect(generate).toHaveLength(2);
  });

  it("package: a folder that the workspace takes, and a row in the layers", () => {
    makeNew(root, "package", ["a-low", "0", "Does", "one", "thing."]);
    const manifest = JSON.parse(text("packages/a-low/package.json"));
    expect(manifest).toMatchObject({
      name: "a-low",
      description: "Does one thing.",
      type: "module",
      license: "MIT",
      sideEffects: false,
    });
    expect(text("packages/a-low/LICENSE")).toBe("MIT\n");
    for (const heading of ["What", "Install", "Example", "API", "Limits", "Sources"])
      expect(text("packages/a-low/README.md")).toContain(`\n## ${heading}\n`);
    expect(text("packages/a-low/README.md")).toContain(`\`\`\`ts\n${text("packages/a-low/examples/readme.ts")}\`\`\``);
    expect(JSON.parse(text("tooling/layers/layers.json"))).toEqual({
      floors: [["a-low", "b-low"], ["high"], ["app"]],
      sideways: [["a", "b"]],
    });
  });

  it.each([
    [[], "nothing to make given; usage:"],
    [["gadget", "x"], '"gadget" is not one of the kinds'],
    [["toString", "x"], '"toString" is not one of the kinds'],
    [["instruction", "BSWAP", "90"], 'a mnemonic in lower case expected, found "BSWAP"'],
    [["instruction", "bswap"], 'bytes of one encoding in hex expected behind the mnemonic (48 0f c9), found ""'],
    [["instruction", "bswap", "48", "0fc9"], 'found "48 0fc9"'],
    [["device", "../evil", "1"], 'a name such as parallel-port expected, found "../evil"'],
    [["device", "port", "65536"], 'its first port from 0 to 65535 expected, found "65536"'],
    [["device", "port"], 'its first port from 0 to 65535 expected, found ""'],
    [["command", "getMhz", "1"], 'a name such as get-version expected, found "getMhz"'],
    [["command", "get-mhz", "-1"], 'found "-1"'],
    [["rpc-verb", "one two"], 'a verb as it goes over the wire, such as machine.id.get expected, found "one two"'],
    [["package", "Upper", "0", "X."], 'a name such as portio-bus expected, found "Upper"'],
    [["package", "a", "2", "X."], 'its floor from 0 to 1 expected, found "2"'],
    [["package", "a", "0", "no", "sentence"], 'one sentence about it expected behind the floor, found "no sentence"'],
    [["package", "high", "0", "X."], "high has a floor in tooling/layers/layers.json already"],
  ])("refuses %j", ([kind, ...words], message) => {
    expect(() => makeNew(root, kind, words)).toThrow(NewError);
    expect(() => makeNew(root, kind, words)).toThrow(message);
    expect(existsSync(join(root, "packages"))).toBe(false);
  });

  it("refuses a file that exists, and writes nothing then", () => {
    makeNew(root, "command", ["get-mhz", "1"]);
    rmSync(join(root, "packages/vmport-backdoor/src/commands/get-mhz.ts"));
    expect(() => makeNew(root, "command", ["get-mhz", "2"])).toThrow(
      "packages/vmport-backdoor/src/commands/get-mhz.test.ts exists already; nothing was written",
    );
    expect(existsSync(join(root, "packages/vmport-backdoor/src/commands/get-mhz.ts"))).toBe(false);
  });
});
