/** Programs for what no Debian package covers, written here: each does what a real client does and checks what that checks. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hvm } from "./cli.ts";

const sources = fileURLToPath(new URL("clients", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "hvm-clients-"));
const nasm = spawnSync("nasm", ["-v"]).status === 0;
const gcc = spawnSync("gcc", ["--version"]).status === 0;

beforeAll(() => {
  if (gcc) {
    const flags = [
      "-O2",
      "-nostdlib",
      "-static",
      "-no-pie",
      "-ffreestanding",
      "-fno-stack-protector",
      "-Wall",
      "-Werror",
    ];
    execFileSync("gcc", [...flags, "-o", join(root, "vmwgfx-log"), "vmwgfx-log.c"], { cwd: sources });
  }
  if (!nasm) return;
  for (const file of readdirSync(sources)) {
    if (!file.endsWith(".asm")) continue;
    const out = join(root, file.replace(".asm", ""));
    execFileSync("nasm", ["-f", "bin", "-w-number-overflow", "-o", out, file], { cwd: sources });
    execFileSync("chmod", ["+x", out]);
  }
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const guestinfo = Object.entries({
  "afterburn.initrd.network-kargs": "ip=dhcp",
  "ipxe.hostname": "pxe-client",
  long: "x".repeat(1500),
  k: "one",
  kk: "two!",
  kkk: "three",
  kd: "debug",
}).flatMap(([key, value]) => ["--guestinfo", `${key}=${value}`]);

const run = (client: string, ...flags: string[]) =>
  hvm(["exec", `--root=${root}`, "--memory=256", ...guestinfo, ...flags, "--", `/${client}`]);

describe.skipIf(!nasm && process.env["CI"] !== "true")(
  "[hvm exec] clients of our own (nasm)",
  { timeout: 60_000 },
  () => {
    it.each([
      ["afterburn", "0 No value found\n1 ip=dhcp\n"],
      ["high-only", `1 ${"x".repeat(1500)}\n`],
      ["ipxe", "1 pxe-client\n"],
      ["bsd-vmt", "Capabilities_Register\n"],
      ["three-byte-tails", "1 one\n1 two!\n1 three\n0 No value found\n"],
      ["virtualkd", "1 debug\n"],
      ["narrow", "VMware\n"],
      ["kato", "0 No machine id\n"],
    ])("%s", async (client, stdout) => {
      expect(await run(client)).toMatchObject({ stderr: "", stdout, status: 0 });
    });

    it("the checks can fail: a host without a message channel, one without high bandwidth", async () => {
      const kvm = await run("ipxe", "--personality=kvm");
      expect([kvm.status, kvm.stdout]).toEqual([1, ""]);
      expect(kvm.stderr).toMatch(/^line +\d+: 0000001e\n$/);
      // The Xen series keeps the lower half of ECX.
      expect((await run("ipxe", "--personality=xen-v6")).stderr).toMatch(/^line +\d+: 0001001e\n$/);
      // afterburn looks at nothing but zero: it goes on until high bandwidth faults.
      expect((await run("afterburn", "--personality=xen-v6")).status).toBe(128 + 11);
    });

    it("without vmware_port every one of them dies of its first access", async () => {
      expect((await run("narrow", "--vmware-port=0")).status).toBe(128 + 11);
    });
  },
);

describe.skipIf(!gcc)("[hvm exec] a client in C (gcc)", { timeout: 60_000 }, () => {
  it("vmwgfx-log says its line and closes without fetching the answer", async () => {
    const file = join(root, "trace");
    const { status, stderr } = await run("vmwgfx-log", "--json");
    expect([status, stderr]).toEqual([0, ""]);
    await run("vmwgfx-log", `--trace=${file}`);
    const { stdout } = await hvm(["trace", file, "--verb=log"]);
    expect(stdout).toContain("vmwgfx: hello");
    expect((await run("vmwgfx-log", "--personality=qemu")).status).toBe(128 + 11);
    expect((await run("vmwgfx-log", "--personality=xen-v6")).status).toBe(2);
  });
});
