import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { describe, expect, it } from "vitest";
import { type DemoRun, runFirstLight } from "../src/guest/run-first-light.ts";

const here = dirname(fileURLToPath(import.meta.url));
const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "pipe" }).status === 0,
);
if (!chromium && process.env["CI"] === "true") throw new Error("chromium is missing: apt-get install chromium");

/** The entry as one classic script: a page from a file may not load modules. */
async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["hvm-source", "import", "module", "browser", "default"] },
    build: {
      write: false,
      minify: false,
      lib: { entry: join(here, "browser-entry.ts"), formats: ["iife"], name: "entry" },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (!output || !("output" in output)) throw new Error("vite gave no output");
  return output.output[0].code;
}

/** Chromium without the network: it would only be refused, many times over. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--virtual-time-budget=600000",
  "--dump-dom",
];

describe.skipIf(!chromium)("[hvm] the embedded guest in headless Chromium (needs Debian's chromium)", () => {
  it("runs as in Node: same serial output, same trace hash, on both tiers", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hvm-browser-"));
    try {
      const page = join(folder, "page.html");
      const script = (await bundle()).replaceAll("</script", "<\\/script");
      writeFileSync(page, `<!doctype html><meta charset="utf-8"><body></body><script>${script}</script>`);
      const dom = execFileSync(chromium!, [...FLAGS, `--user-data-dir=${join(folder, "profile")}`, `file://${page}`], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        maxBuffer: 1 << 24,
      });
      const text = dom.split("RESULT")[1];
      expect(text, dom.slice(0, 2000)).toBeDefined();
      const results = JSON.parse(text!.replaceAll("&gt;", ">").replaceAll("&lt;", "<").replaceAll("&amp;", "&")) as {
        tier: 0 | 1;
        withPort: DemoRun;
        withoutPort: DemoRun;
      }[];
      expect(results.map(({ tier }) => tier)).toEqual([0, 1]);
      for (const { withPort, withoutPort } of results) {
        expect(withPort).toEqual(runFirstLight({ vmwarePort: true, tier: 1 }));
        expect(withoutPort).toEqual(runFirstLight({ vmwarePort: false, tier: 1 }));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
