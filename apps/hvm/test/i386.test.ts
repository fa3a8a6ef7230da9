import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { guestRoot, hvm, SKIP_HINT } from "./cli.ts";

const tools = guestRoot("open-vm-tools-i386");
const on = ["exec", "--vmware-port=1", "--vmware-hw=11", `--root=${tools}`];

describe.skipIf(tools === undefined)(`[hvm exec] Debian's 32-bit open-vm-tools, unmodified (${SKIP_HINT})`, () => {
  it("vmware-checkvm finds VMware", async () => {
    const { status, stdout } = await hvm([...on, "--", "/usr/bin/vmware-checkvm"]);
    expect([stdout, status]).toEqual(["VMware software version 6 (good)\n", 0]);
  });

  it("vmware-checkvm finds none without the port", async () => {
    const { status, stderr } = await hvm([
      "exec",
      "--vmware-port=0",
      `--root=${tools}`,
      "--",
      "/usr/bin/vmware-checkvm",
    ]);
    expect(stderr).toContain("must be run inside a virtual machine");
    expect(status).toBe(1);
  });

  it("vmware-rpctool reads guestinfo, by either bandwidth's 32-bit registers", async () => {
    const { status, stdout } = await hvm([
      ...on,
      "--guestinfo",
      "greeting=hello",
      "--",
      "/usr/bin/vmware-rpctool",
      "info-get guestinfo.greeting",
    ]);
    expect([stdout, status]).toEqual(["hello\n", 0]);
  });

  it("vmware-toolbox-cmd, with its 32-bit libraries", async () => {
    const { status, stdout } = await hvm([...on, "--", "/usr/bin/vmware-toolbox-cmd", "-v"]);
    expect(stdout).toMatch(/^12\.2\.0\.\d+ \(build-\d+\)\n$/);
    expect(status).toBe(0);
  });
});

const busyboxRoot = guestRoot("busybox-i386");
/** A 64-bit Linux runs 32-bit programs if it was built to, as most are. */
const runsHere = (() => {
  if (busyboxRoot === undefined || process.platform !== "linux") return false;
  try {
    return execFileSync(join(busyboxRoot, "bin", "busybox"), ["true"]).length === 0;
  } catch {
    return false;
  }
})();

describe.skipIf(!runsHere)(`[hvm exec] 32-bit busybox beside the host's own run (${SKIP_HINT})`, () => {
  const busybox = join(busyboxRoot ?? "", "bin", "busybox");
  it.each([
    ["sha256sum", "/bin/busybox"],
    ["seq", "1", "50"],
    ["expr", "6", "*", "7"],
    ["awk", "BEGIN { for (i = 1; i < 40; i++) print i / 7, sqrt(i), exp(i) }"],
    ["sh", "-c", "i=0; while [ $i -lt 20 ]; do i=$((i * 3 + 1)); echo $i; done; exit 3"],
    ["cat", "/nowhere"],
  ])("busybox %s %s", async (...args) => {
    const { status, stdout } = await hvm(["exec", `--root=${busyboxRoot}`, "--", "/bin/busybox", ...args]);
    let native = { status: 0, stdout: "" };
    try {
      const paths = args.map((arg) => (arg === "/bin/busybox" ? busybox : arg));
      native = {
        status: 0,
        stdout: execFileSync(busybox, paths, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
      };
    } catch (error) {
      native = error as { status: number; stdout: string };
    }
    expect([stdout, status]).toEqual([native.stdout.replaceAll(busybox, "/bin/busybox"), native.status]);
  });
});
