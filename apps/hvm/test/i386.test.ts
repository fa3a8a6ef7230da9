import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { guestRoot, hvm, SKIP_HINT } from "./cli.ts";

const tools = guestRoot("open-vm-tools-i386");

describe.skipIf(tools === undefined)(`[hvm exec] Debian's 32-bit open-vm-tools, unmodified (${SKIP_HINT})`, () => {
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
