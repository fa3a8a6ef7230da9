/** The built page in a browser: boots the embedded guest, shows console, calls and report; the trace hash is the one of Node. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { build, type PreviewServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GuestRun } from "../src/engine/guest-run.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const chromium = ["chromium", "chromium-browser", "google-chrome"]
  .map((name) => spawnSync("which", [name], { encoding: "utf8" }).stdout.trim())
  .find((path) => path !== "");
if (!chromium && process.env["CI"] === "true") throw new Error("chromium is missing: apt-get install chromium");

const settings = {
  memory: 64,
  vcpus: 1,
  vmwarePort: true,
  vmwareHw: 11,
  personality: "vmware",
  vga: false,
};

/** The same guest here, without page and worker. */
function inNode(isPresent = true): {
  readonly serial: string;
  readonly traceHash: string | undefined;
  readonly calls: number;
} {
  const run = new GuestRun(
    { disks: [], commandLine: "" },
    { ...settings, vmwarePort: isPresent },
    { greeting: "hello from the page" },
  );
  while (run.slice(10n ** 15n));
  const { serial, traceHash, callCount } = run.progress(1, "running");
  return {
    serial: serial.map((bytes) => new TextDecoder("latin1").decode(bytes)).join(""),
    traceHash,
    calls: callCount,
  };
}

describe.skipIf(!chromium)("[playground] the page in Chromium (needs Debian's chromium)", () => {
  let server: PreviewServer;
  let browser: Browser;
  let page: Page;
  const failures: string[] = [];

  beforeAll(async () => {
    const outDir = join(root, "node_modules", ".test-dist");
    await build({ root, logLevel: "silent", build: { outDir, emptyOutDir: true } });
    server = await preview({ root, logLevel: "silent", build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
    browser = await puppeteer.launch({
      executablePath: chromium!,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    });
    page = await browser.newPage();
    await page.setViewport({ width: 1400, height: 900 });
    page.on("pageerror", (error) => failures.push(String(error)));
    page.on("console", (message) => message.type() === "error" && failures.push(message.text()));
    await page.goto(server.resolvedUrls!.local[0]!);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const text = (selector: string): Promise<string> => page.$eval(selector, (found) => found.textContent ?? "");
  const booted = async (): Promise<void> => {
    await page.click("button.primary");
    await page.waitForFunction(() => document.querySelector(".status")?.textContent?.startsWith("ended"), {
      timeout: 60_000,
    });
  };
  const consoleText = (): Promise<string> =>
    page.evaluate(() => (globalThis as unknown as { page: { consoleText(): string } }).page.consoleText());

  it("boots the embedded guest: console, calls, report, and the trace hash of Node", async () => {
    await booted();
    const expected = inNode();
    expect(await text(".report")).toContain(`trace hash${expected.traceHash}`);
    const shown = await consoleText();
    expect(shown).toContain("info-get guestinfo.greeting -> '1 hello from the page'");
    const plain = (words: string): string => words.replaceAll("\0", "").replace(/\s+/g, " ").trim();
    expect(plain(shown)).toBe(plain(expected.serial));
    expect(await text(".calls .summary")).toBe(String(expected.calls));
    expect(failures).toEqual([]);
  }, 120_000);

  it("filters calls by ring and command", async () => {
    await page.type(".calls input[type=search]", "ring 3 GETVERSION");
    const rows = await page.$$eval(".rows .call", (found) =>
      found.map(({ className, textContent }) => `${className}|${textContent}`),
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatch(/^call ring3\|.*GETVERSION/);
  }, 60_000);

  it("without vmware_port ring 3 gets its #GP, and no call is seen", async () => {
    const port = (await page.$$("label")).at(6)!;
    expect(await port.evaluate((label) => label.textContent)).toBe("vmware_port");
    await (await port.$("input"))!.click();
    await booted();
    expect(await text(".report")).toContain(`trace hash${inNode(false).traceHash}`);
    expect(await consoleText()).toContain("#GP, error code");
    expect(await text(".report")).toContain("backdoor calls0");
  }, 120_000);

  it("says what cannot be", async () => {
    await page.$eval("input[name=image]", (input) => {
      const files = new DataTransfer();
      files.items.add(new File([new Uint8Array(5000).fill(0x41)], "nonsense.bin"));
      (input as HTMLInputElement).files = files.files;
    });
    await page.click("button.primary");
    await page.waitForFunction(() => document.querySelector(".status")?.textContent?.startsWith("failed"), {
      timeout: 30_000,
    });
    expect(await text(".status")).toContain("nonsense.bin");
  }, 60_000);
});
