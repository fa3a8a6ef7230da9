/** Debian's kernel, unmodified, with open-vm-tools in an initramfs: it finds VMware, the tools work, guestinfo goes both ways. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledHvm, guestRoot, SKIP_HINT } from "./cli.ts";

const root = guestRoot("linux");
/** The kernel's self-tests of its cryptography would take longer than everything else. */
const CONSOLE = "cryptomgr.notests console=ttyS0";

/** What a command of /init printed and its status. */
function ran(serial: string, command: string): { output: string; status: number } | undefined {
  const at = serial.indexOf(`$ ${command}\n`);
  if (at < 0) return undefined;
  const rest = serial.slice(at + command.length + 3);
  const end = /^= (\d+)$/m.exec(rest);
  return end ? { output: rest.slice(0, end.index).trim(), status: Number(end[1]) } : undefined;
}

describe.skipIf(root === undefined)(`Debian's kernel (${SKIP_HINT})`, () => {
  let hvm: ReturnType<typeof bundledHvm>;
  beforeAll(() => {
    hvm = bundledHvm();
  }, 60_000);
  afterAll(() => hvm.remove());

  it("vmlinux by PVH: VMware detected, TSC from the hypervisor, tools without iopl, guestinfo both ways, ACPI power off", () => {
    const { status, stdout, stderr } = hvm.run([
      "run",
      ...["-kernel", join(root!, "vmlinux"), "-initrd", join(root!, "initramfs"), "-m", "256M", "-append", CONSOLE],
      ...["--guestinfo", "greeting=hello from outside", "--timeout", "270", "--json"],
    ]);
    expect(stderr).toBe("");
    const report = JSON.parse(stdout);
    const serial = report.serial.replaceAll("\r", "");
    expect(serial).toContain("Hypervisor detected: VMware");
    expect(serial).toContain("vmware: TSC freq read from hypervisor : 2600.000 MHz");
    expect(serial).not.toContain("Fast TSC calibration");
    expect(serial).toContain("Booting paravirtualized kernel on VMware hypervisor");
    expect(serial).toContain("INIT REACHED");
    expect(ran(serial, "vmware-checkvm")).toEqual({ output: "VMware software version 6 (good)", status: 0 });
    expect(ran(serial, "vmware-toolbox-cmd -v")).toEqual({ output: "12.2.0.41219 (build-21223074)", status: 0 });
    expect(ran(serial, "vmware-rpctool info-get guestinfo.greeting")).toEqual({
      output: "hello from outside",
      status: 0,
    });
    expect(ran(serial, "vmware-rpctool info-get guestinfo.answer")).toEqual({ output: "from inside", status: 0 });
    expect(ran(serial, "vmware-toolbox-cmd stat speed")).toEqual({ output: "2600 MHz", status: 0 });
    expect(serial).toContain("INIT DONE");
    // ACPI's soft off ends the machine.
    expect(serial).toContain("reboot: Power down");
    expect(report).toMatchObject({ format: "pvh", end: "poweroff", exitCode: 0, guestinfo: { answer: "from inside" } });
    expect(report.backdoor).toContainEqual({ command: "GETHZ", number: 45, ring: 0, count: 1 });
    expect(status).toBe(0);
  }, 300_000);
});

const memtest = guestRoot("memtest");

describe.skipIf(memtest === undefined)(`Debian's memtest86+ (${SKIP_HINT})`, () => {
  it("draws its screen on COM1, knows the machine, and begins to test memory", () => {
    const hvm = bundledHvm();
    const { status, stdout } = hvm.run([
      ...["run", join(memtest!, "boot", "memtest86+x64.bin"), "-m", "16M", "-append", "console=ttyS0,115200"],
      ...["--expect", "50% ####################", "--timeout", "120"],
    ]);
    hvm.remove();
    expect(status).toBe(0);
    for (const text of [
      "Memtest86+ v6",
      "CLK/Temp: 2600MHz",
      "Memory  :   16MB",
      "VMware, Inc. VMware Virtual Platform",
      "Errors: 0",
    ])
      expect(stdout).toContain(text);
    expect(stdout).not.toMatch(/Errors: [1-9]/);
  }, 150_000);

  // Takes about two minutes: HVM_LONG=1.
  it.skipIf(!process.env["HVM_LONG"])(
    "completes a pass without an error",
    () => {
      const hvm = bundledHvm();
      const { status, stdout } = hvm.run([
        ...["run", join(memtest!, "boot", "memtest86+x64.bin"), "-m", "16M", "-append", "console=ttyS0,115200"],
        ...["--expect", "Pass:  1", "--timeout", "900"],
      ]);
      hvm.remove();
      expect(status).toBe(0);
      expect(stdout).not.toMatch(/Errors: [1-9]/);
    },
    1_000_000,
  );
});
