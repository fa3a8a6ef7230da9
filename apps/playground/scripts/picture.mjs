// A picture of the page after a guest's run. `node scripts/picture.mjs OUT.png [IMAGE INITRD COMMAND-LINE]`; needs chromium.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { build, preview } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [out, image, initrd, commandLine = "console=ttyS0 cryptomgr.notests quiet"] = process.argv.slice(2);
const outDir = mkdtempSync(join(tmpdir(), "playground-"));
await build({ root, logLevel: "warn", build: { outDir, emptyOutDir: true } });
const server = await preview({ root, logLevel: "warn", build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
const browser = await puppeteer.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 });
  await page.goto(server.resolvedUrls.local[0]);
  if (image) {
    await (await page.$("input[name=image]")).uploadFile(image);
    if (initrd) await (await page.$("input[name=initrd]")).uploadFile(initrd);
    await page.$eval("input[type=number]", (memory) => (memory.value = "256"));
    await page.$eval("input[name=append]", (line, text) => (line.value = text), commandLine);
  }
  await page.click("button.primary");
  for (;;) {
    const status = await page.$eval(".status", (found) => found.textContent);
    if (/^(ended|failed)/.test(status)) break;
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await page.screenshot({ path: out });
} finally {
  await browser.close();
  await server.close();
  rmSync(outDir, { recursive: true, force: true });
}
