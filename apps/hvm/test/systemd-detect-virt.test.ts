/** Debian's systemd-detect-virt: what it makes of the domain's CPUID, DMI strings, /proc and /sys. */
import { describe, expect, it } from "vitest";
import { guestRoot, hvm, SKIP_HINT } from "./cli.ts";

const root = guestRoot("systemd");

describe.skipIf(root === undefined)(`[hvm] systemd-detect-virt (${SKIP_HINT})`, () => {
  const detect = async (...flags: string[]): Promise<string> => {
    const { status, stdout, stderr } = await hvm([
      "exec",
      ...flags,
      `--root=${root}`,
      "--",
      "/usr/bin/systemd-detect-virt",
    ]);
    return `${status} ${stdout.trim()}${stderr}`;
  };

  it("says vmware of VMware's personality", async () => {
    expect(await detect()).toBe("0 vmware");
  }, 120_000);

  it("says none of the machine without a hypervisor", async () => {
    expect(await detect("--personality=bare-metal")).toBe("1 none");
  }, 120_000);

  it("says kvm of KVM's", async () => {
    expect(await detect("--personality=kvm", "--vmware-hw=0")).toBe("0 kvm");
  }, 120_000);
});
