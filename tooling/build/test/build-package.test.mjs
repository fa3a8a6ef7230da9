import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { entriesOf } from "../entries.mjs";

const command = fileURLToPath(new URL("../build-package.mjs", import.meta.url));
const shared = fileURLToPath(new URL("../../tsconfig/build.json", import.meta.url));
const entry = (name) => ({
  "hvm-source": `./src/${name}.ts`,
  types: `./dist/${name}.d.ts`,
  default: `./dist/${name}.js`,
});

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "build-package-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
const read = (path) => readFileSync(join(folder, path), "utf8");
const build = (files, dependencies = {}) => {
  const exports = { ".": entry("index"), "./parts/*": entry("parts/*"), "./package.json": "./package.json" };
  write({
    "package.json": JSON.stringify({ name: "fixture", type: "module", sideEffects: false, exports, dependencies }),
    "tsconfig.build.json": JSON.stringify({ extends: shared }),
    ...files,
  });
  return spawnSync(process.execPath, [command], { cwd: folder, encoding: "utf8" });
};
const small = {
  "src/index.ts": 'export { one } from "./parts/one.ts";\nexport { twice } from "./twice.ts";\n',
  "src/twice.ts": "const FACTOR: number[] = [2];\nexport const twice = (n: number): number => n * FACTOR[0]!;\n",
  "src/parts/one.ts": "/** One. */\nexport class One {}\nexport const one: One = /* @__PURE__ */ new One();\n",
  "src/parts/one.test.ts": "throw new Error();\n",
};

describe("[build-package]", () => {
  it("one file for each entry with its constants in it, declarations beside, and nothing that was there before", async () => {
    write({ "dist/stale.js": "" });
    expect(build(small)).toMatchObject({ status: 0, stderr: "" });
    const code = read("dist/index.js");
    expect(code).toContain("const FACTOR = [2];");
    expect(code).toContain('from "./parts/one.js"');
    expect(read("dist/parts/one.js")).toContain("/* @__PURE__ */");
    expect(read("dist/parts/one.d.ts")).toContain("/** One. */");
    expect(read("dist/index.d.ts")).toContain("twice");
    for (const path of ["stale.js", "twice.js", "parts/one.test.js"])
      expect(existsSync(join(folder, "dist", path))).toBe(false);
    const index = await import(pathToFileURL(join(folder, "dist/index.js")).href);
    const part = await import(pathToFileURL(join(folder, "dist/parts/one.js")).href);
    expect(index.twice(21)).toBe(42);
    expect(index.one).toBe(part.one);
    expect(part.One.name).toBe("One");
  });

  it("imports of declared dependencies stay", () => {
    const imports = {
      "src/index.ts": '// @ts-ignore: not installed\nexport { a } from "other/part";\n',
      "src/parts/one.ts": "export const one: number = 1;\n",
    };
    expect(build(imports, { other: "1" })).toMatchObject({ status: 0 });
    expect(read("dist/index.js")).toContain('from "other/part"');
    const undeclared = build(imports);
    expect(undeclared.status).toBe(1);
    expect(undeclared.stderr).toContain("other/part");
  });

  it("fails when a type is wrong", () => {
    const wrong = build({ ...small, "src/twice.ts": 'export const twice: number = "2";\n' });
    expect(wrong.status).toBe(1);
    expect(wrong.stdout).toContain("TS2322");
  });

  it("refuses an entry of exports without a source", () => {
    expect(() => entriesOf(folder, { exports: { "./x": { default: "./dist/x.js" } } })).toThrow(
      'exports["./x"]: hvm-source and default as ./dist/NAME.js expected',
    );
  });
});
