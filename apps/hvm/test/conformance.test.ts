import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hvm } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "hvm-conformance-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const LONG = { timeout: 60_000 };

describe("hvm conformance", () => {
  it("vmware, and one that answers little", LONG, async () => {
    const { status, stdout, stderr } = await hvm(["conformance", "--personality=vmware,xen-v14"]);
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^vmware: (\d+) of \1 contract cases, 0 of \d+ quirk cases; as the sources say of vmware$/),
      expect.stringMatching(
        /^xen-v14: \d+ of \d+ contract cases, \d+ of \d+ quirk cases; as the sources say of xen-v14$/,
      ),
      "",
    ]);
    expect(status).toBe(0);
  });

  it("writes the image; judges what it printed elsewhere, and says what is not as expected", LONG, async () => {
    const image = join(folder, "image");
    expect(await hvm(["conformance", `--image=${image}`])).toMatchObject({ status: 0 });
    expect(readFileSync(image)).toHaveLength(1_474_560);
    const tap = await hvm(["conformance", "--personality=qemu", "--cases"]);
    const path = join(folder, "serial");
    writeFileSync(path, `SeaBIOS\r\n${tap.stdout.replaceAll("\n", "\r\n")}`);
    expect(await hvm(["conformance", `--results=${path}`, "--expect=qemu"])).toMatchObject({ status: 0 });
    const wrong = await hvm(["conformance", `--results=${path}`, "--expect=vmware"]);
    expect(wrong.status).toBe(76);
    expect(wrong.stdout).toContain("  contract.out-eax.ring0: fail, pass expected (step 1 eax 00000006 want 564d5868/");
    expect(await hvm(["conformance", `--results=${path}`])).toMatchObject({ status: 0 });
  });

  it.each([
    [
      ["--personality=esx"],
      64,
      '--personality: vmware, xen-v6, xen-v14, qemu, qemu-old, kvm, virtualbox, bare-metal or all expected, found "esx"',
    ],
    [["--expect=qemu"], 64, "--expect belongs to --results"],
    [["--expect=esx", "--results=x"], 64, "--expect: one of vmware, "],
    [["--results=x", "--personality=kvm"], 64, "--results or --personality, not both"],
    [["image.bin"], 64, 'no words expected, found "image.bin"'],
    [["--results=/nowhere"], 66, "/nowhere"],
  ])("%j: status %i", async (args, status, message) => {
    const outcome = await hvm(["conformance", ...args]);
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toContain(message);
  });

  it("a file without results, and a cut one", async () => {
    const path = join(folder, "cut");
    writeFileSync(path, "SeaBIOS\r\n");
    expect((await hvm(["conformance", `--results=${path}`])).stderr).toContain("no results in it");
    writeFileSync(path, "1..3\r\nok 1 - a.ring0\r\n");
    const cut = await hvm(["conformance", `--results=${path}`]);
    expect([cut.status, cut.stderr.includes("the guest stopped after 1 cases")]).toEqual([65, true]);
  });
});
