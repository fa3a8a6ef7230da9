import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { guestRoot, hvm, SKIP_HINT } from "./cli.ts";

const root = guestRoot("open-vm-tools");
const on = ["exec", "--vmware-port=1", "--vmware-hw=11", `--root=${root}`];
const off = ["exec", "--vmware-port=0", `--root=${root}`];

describe.each([
  ["64-bit", root],
  ["32-bit", guestRoot("open-vm-tools-i386")],
])(`[hvm exec] Debian's %s open-vm-tools, unmodified (${SKIP_HINT})`, (_bits, tools) => {
  const on = ["exec", "--vmware-port=1", "--vmware-hw=11", `--root=${tools}`];

  it.skipIf(tools === undefined)("vmware-checkvm finds VMware", async () => {
    const { status, stdout } = await hvm([...on, "--", "/usr/bin/vmware-checkvm"]);
    expect(stdout).toBe("VMware software version 6 (good)\n");
    expect(status).toBe(0);
  });

  it.skipIf(tools === undefined)("vmware-rpctool reads guestinfo", async () => {
    const { status, stdout } = await hvm([
      ...on,
      "--guestinfo",
      "greeting=hello",
      "--",
      "/usr/bin/vmware-rpctool",
      "info-get guestinfo.greeting",
    ]);
    expect(stdout).toBe("hello\n");
    expect(status).toBe(0);
  });

  it.skipIf(tools === undefined)("vmware-toolbox-cmd -v says its version", async () => {
    const { status, stdout } = await hvm([...on, "--", "/usr/bin/vmware-toolbox-cmd", "-v"]);
    expect(stdout).toMatch(/^12\.2\.0\.\d+ \(build-\d+\)\n$/);
    expect(status).toBe(0);
  });
});

describe.skipIf(root === undefined)(`[hvm exec] Debian's open-vm-tools, unmodified (${SKIP_HINT})`, () => {
  it("vmware-checkvm -p names the product", async () => {
    const { status, stdout } = await hvm([...on, "--", "/usr/bin/vmware-checkvm", "-p"]);
    expect(stdout).toBe("ESX Server\n");
    expect(status).toBe(0);
  });

  it("vmware-rpctool says what is absent", async () => {
    const { status, stderr } = await hvm([...on, "--", "/usr/bin/vmware-rpctool", "info-get guestinfo.absent"]);
    expect(stderr).toBe("No value found\n");
    expect(status).toBe(1);
  });

  it("vmware-rpctool sets guestinfo, and --guestinfo-out writes it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "guestinfo-"));
    try {
      const file = join(folder, "out.json");
      const { status } = await hvm([
        ...on,
        "--guestinfo-out",
        file,
        "--guestinfo",
        "given=by the host",
        "--",
        "/usr/bin/vmware-rpctool",
        "info-set guestinfo.answer 42",
      ]);
      expect(status).toBe(0);
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ answer: "42" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("vmware-toolbox-cmd stat hosttime shows virtual time", async () => {
    const { status, stdout } = await hvm([
      ...on,
      "--start-time=2031-05-06T07:08:09Z",
      "--",
      "/usr/bin/vmware-toolbox-cmd",
      "stat",
      "hosttime",
    ]);
    expect(stdout).toBe("06 May 2031 07:08:09\n");
    expect(status).toBe(0);
  });

  it("vmware-toolbox-cmd stat speed shows the configured MHz", async () => {
    const { status, stdout } = await hvm([
      ...on,
      "--tsc-khz=1234000",
      "--",
      "/usr/bin/vmware-toolbox-cmd",
      "stat",
      "speed",
    ]);
    expect(stdout).toBe("1234 MHz\n");
    expect(status).toBe(0);
  });

  // CPUID still says VMware, so each program goes on to the port, takes SIGSEGV in its own handler, and says its own words.
  it.each([
    [
      ["/usr/bin/vmware-checkvm"],
      1,
      "Error: vmware-checkvm must be run inside a virtual machine on a VMware hypervisor product.\n",
    ],
    [
      ["/usr/bin/vmware-checkvm", "-p"],
      1,
      "Error: vmware-checkvm must be run inside a virtual machine on a VMware hypervisor product.\n",
    ],
    [
      ["/usr/bin/vmware-rpctool", "info-get guestinfo.greeting"],
      255,
      "Error: /usr/bin/vmware-rpctool must be run inside a virtual machine on a VMware hypervisor product.\n",
    ],
    [
      ["/usr/bin/vmware-toolbox-cmd", "stat", "speed"],
      1,
      "/usr/bin/vmware-toolbox-cmd must be run inside a virtual machine.\n",
    ],
    [["/usr/bin/vmware-toolbox-cmd", "-v"], 1, "/usr/bin/vmware-toolbox-cmd must be run inside a virtual machine.\n"],
  ] as const)("without vmware_port %s refuses in its own words", async (command, status, words) => {
    const run = await hvm([...off, "--json", "--guestinfo", "greeting=hello", "--", ...command]);
    const report = JSON.parse(run.stdout);
    expect(report.stderr.endsWith(words), report.stderr).toBe(true);
    expect(run.status).toBe(status);
    expect(report.end).toEqual({ kind: "exited", status });
    expect(report.stdout).toBe("");
    expect(report.backdoor).toEqual([]);
    // The handler was there, and was left by siglongjmp, which restores the mask.
    expect(report.syscalls.rt_sigaction).toBeGreaterThanOrEqual(4);
    expect(report.syscalls.rt_sigprocmask).toBeGreaterThan(0);
  });

  // open-vm-tools lib/misc/hostinfoHV.c: Xen's or KVM's signature means "not VMware", whatever the port would say.
  it("with Xen's signature at 0x40000000 the programs stop before the port", async () => {
    const args = ["exec", "--json", "--personality=xen-v6", "--vmware-hw=0", "--vmware-port=1", `--root=${root}`];
    const { status, stdout } = await hvm([...args, "--", "/usr/bin/vmware-checkvm"]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).backdoor).toEqual([]);
  });

  it("with VMware's signature there and Xen's at 0x40000100 they find VMware", async () => {
    const { status, stdout } = await hvm([
      "exec",
      "--personality=xen-v6",
      "--vmware-hw=11",
      `--root=${root}`,
      "--",
      "/usr/bin/vmware-checkvm",
    ]);
    expect(stdout).toBe("VMware software version 6 (good)\n");
    expect(status).toBe(0);
  });

  it("runs twice alike, and alike in both tiers", async () => {
    const hash = async (...extra: string[]) =>
      JSON.parse(
        (await hvm([...on, "--json", ...extra, "--", "/usr/bin/vmware-rpctool", "info-get guestinfo.absent"])).stdout,
      ).traceHash;
    const first = await hash();
    expect(await hash()).toBe(first);
    expect(await hash("--tier=0")).toBe(first);
    expect(await hash("--guestinfo", "absent=present")).not.toBe(first);
  });
});
