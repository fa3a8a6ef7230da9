/**
 * Debian's open-vm-tools 12.2.0, unmodified, each program and subcommand: exact output, error text and exit status. What a real VMware host lets
 * succeed succeeds; where a host without the feature makes the program say so, it says so here.
 */
import { describe, expect, it } from "vitest";
import { guestRoot, hvm, SKIP_HINT } from "./cli.ts";

const root = guestRoot("open-vm-tools");
const CMD = "/usr/bin/vmware-toolbox-cmd";
const OUTSIDE = (program: string): string =>
  `Error: ${program} must be run inside a virtual machine on a VMware hypervisor product.\n`;
const USER = `${CMD}: You must be root to perform `;
/** Of programs that show their library's log: the personality has no leaves at 0x40000000. */
const NO_VENDOR = "HOSTINFO: CPUID hypervisor bit is set, but no hypervisor vendor signature is present.\n";
const NO_SHRINK = [
  "Shrink disk is disabled for this virtual machine.\n",
  "Shrinking is disabled for linked clones, parents of linked clones, ",
  "pre-allocated disks, snapshots, or due to other factors. ",
  "See the User's manual for more information.\n",
].join("\n");
const HELP_HINT = (topic = ""): string => `Try '${CMD} help${topic}' for more information.\n`;

/** The libraries complain that the root has no /etc/passwd; that is the root's doing. */
const withoutGlib = (text: string): string => text.replace(/^\n\(process:\d+\): GLib-WARNING [^\n]*\n/, "");

interface Case {
  readonly command: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr?: string;
  readonly flags?: readonly string[];
}

/** Near relatives of other rows: run where time matters less. */
const ALL = process.env["CI"] === "true" || process.env["HVM_ALL_GUESTS"] === "1";
const RELATIVES = [
  /^stat (balloon|swap|memres|cpures|cpulimit|sessionid --seed)/,
  /^(device (enable|status)|timesync disable|disk (shrinkonly|wipe)|config set|logging|globalconf|info|upgrade)/,
  /-cmd set-key|checkvm$|--cmd info-get guestinfo.a$/,
];
const title = ({ command, flags = [] }: Case): string => `${command.join(" ")} ${flags.join(" ")}`.trim();
const chosen = (row: Case): boolean =>
  ALL ||
  !RELATIVES.some((pattern) =>
    pattern.test(
      title(row)
        .replace(`${CMD} `, "")
        .replace(/^.*vmtoolsd /, ""),
    ),
  );

const asRoot = ["--uid=0"];
const devices = ["--removable", "cdrom0=1", "--removable", "floppy0=0"];
const toolbox = (command: string): readonly string[] => [CMD, ...command.split(" ")];

const cases: readonly Case[] = [
  { command: ["/usr/bin/vmware-checkvm"], status: 0, stdout: "VMware software version 6 (good)\n" },
  { command: ["/usr/bin/vmware-checkvm", "-p"], status: 0, stdout: "ESX Server\n" },
  { command: ["/usr/bin/vmware-rpctool", "log a line for the host"], status: 0, stdout: "\n" },
  {
    command: ["/usr/bin/vmware-rpctool", "machine.id.get"],
    status: 0,
    stdout: "web-7\n",
    flags: ["--machine-id=web-7"],
  },
  { command: ["/usr/bin/vmware-rpctool", "machine.id.get"], status: 1, stdout: "", stderr: "No machine id\n" },
  { command: ["/usr/bin/vmware-rpctool", "bogus"], status: 1, stdout: "", stderr: "Unknown command\n" },
  {
    command: ["/usr/bin/vmware-rpctool", "info-set guestinfo.a"],
    status: 1,
    stdout: "",
    stderr: "Two and exactly two arguments expected\n",
  },
  {
    command: ["/usr/bin/vmtoolsd", "--cmd", "info-get guestinfo.a"],
    status: 0,
    stdout: "hello\n",
    flags: ["--guestinfo", "a=hello"],
  },
  {
    command: ["/usr/bin/vmtoolsd", "--cmd", "info-get guestinfo.a"],
    status: 1,
    stdout: "",
    stderr: "No value found\n",
  },

  { command: toolbox("stat sessionid"), status: 0, stdout: "0x564d586800000001\n" },
  { command: toolbox("stat sessionid"), status: 0, stdout: "0x500000001\n", flags: ["--seed=5"] },
  { command: toolbox("stat balloon"), status: 0, stdout: "0 MB\n" },
  { command: toolbox("stat swap"), status: 0, stdout: "0 MB\n" },
  { command: toolbox("stat memlimit"), status: 0, stdout: "4294967295 MB\n" },
  { command: toolbox("stat memres"), status: 0, stdout: "0 MB\n" },
  { command: toolbox("stat cpures"), status: 0, stdout: "0 MHz\n" },
  { command: toolbox("stat cpulimit"), status: 0, stdout: "4294967295 MHz\n" },
  {
    command: toolbox("stat raw"),
    status: 75,
    stdout: "",
    stderr: "Failed to get stat: This value is not available on this host\n",
  },
  {
    command: toolbox("stat bogus"),
    status: 64,
    stdout: "",
    stderr: `${CMD}: Unknown subcommand 'bogus'\n${HELP_HINT(" stat")}`,
  },

  { command: toolbox("device list"), status: 0, stdout: "" },
  { command: toolbox("device list"), status: 0, stdout: "cdrom0: Enabled\nfloppy0: Disabled\n", flags: devices },
  { command: toolbox("device status cdrom0"), status: 0, stdout: "Enabled\n", flags: devices },
  { command: toolbox("device enable floppy0"), status: 0, stdout: "Enabled\n", flags: devices },
  { command: toolbox("device disable cdrom0"), status: 0, stdout: "Disabled\n", flags: devices },
  {
    command: toolbox("device status usb7"),
    status: 72,
    stdout: "",
    stderr: "Error fetching interface information: device not found.\n",
    flags: devices,
  },

  { command: toolbox("timesync status"), status: 69, stdout: "Disabled\n" },
  { command: toolbox("timesync enable"), status: 0, stdout: "Enabled\n" },
  { command: toolbox("timesync disable"), status: 0, stdout: "Disabled\n" },

  { command: toolbox("disk list"), status: 77, stdout: "", stderr: `${USER}disk operations.\n` },
  { command: toolbox("disk list"), status: 75, stdout: "", stderr: NO_SHRINK, flags: asRoot },
  { command: toolbox("disk shrinkonly"), status: 75, stdout: "", stderr: NO_SHRINK, flags: asRoot },
  {
    command: toolbox("disk shrink /"),
    status: 72,
    stdout: "",
    stderr: `${NO_SHRINK}Unable to find partition /\n`,
    flags: asRoot,
  },
  {
    command: toolbox("disk wipe /"),
    status: 72,
    stdout: "",
    stderr: `${NO_SHRINK}Unable to find partition /\n`,
    flags: asRoot,
  },

  { command: toolbox("config get vmtools x"), status: 77, stdout: "", stderr: `${USER}config operations.\n` },
  { command: toolbox("config get vmtools x"), status: 0, stdout: "[vmtools] x UNSET\n", flags: asRoot },
  {
    command: toolbox("config set vmtools x y"),
    status: 75,
    stdout: "",
    stderr: "Error writing config: Read-only file system\n",
    flags: asRoot,
  },
  {
    command: toolbox("script power current"),
    status: 0,
    stdout: "/etc/vmware-tools/poweron-vm-default\n",
    flags: asRoot,
  },
  { command: toolbox("logging level get vmsvc"), status: 0, stdout: "vmsvc.level = message\n", flags: asRoot },
  {
    command: toolbox("globalconf status"),
    status: 0,
    stdout: "The status of globalconf module is 'Disabled'\n",
    flags: asRoot,
  },
  {
    command: toolbox("info network"),
    status: 64,
    stdout: "",
    stderr: `${CMD}: Missing info infoclass\n${HELP_HINT(" info")}`,
    flags: asRoot,
  },
  // The answer comes from a vmtoolsd that is not running.
  { command: toolbox("info update network"), status: 1, stdout: "", flags: asRoot },
  {
    command: toolbox("gueststore getcontent /a /tmp/b"),
    status: 8,
    stdout: "",
    stderr: "'getcontent' failed, GuestStore client library error: Connect generic error.\n",
  },
  {
    command: toolbox("upgrade status"),
    status: 64,
    stdout: "",
    stderr: `${CMD}: Unknown command 'upgrade'\n${HELP_HINT()}`,
  },
  { command: [CMD], status: 64, stdout: "", stderr: `${CMD}: Missing command\n${HELP_HINT()}` },

  // Shared folders and namespaces are features of the host's own: it says that it does not know them.
  { command: ["/usr/bin/vmware-hgfsclient"], status: 1, stdout: "" },
  {
    command: ["/usr/bin/vmware-namespace-cmd", "get-value", "ns", "-k", "key"],
    status: 1,
    stdout: "",
    stderr: "failure: Unknown command\n",
  },
  {
    command: ["/usr/bin/vmware-namespace-cmd", "set-key", "ns", "-k", "key", "-v", "value"],
    status: 1,
    stdout: "",
    stderr: "failure: Unknown command\n",
  },
];

const negatives: readonly Case[] = [
  { command: ["/usr/bin/vmware-checkvm"], status: 1, stdout: "", stderr: OUTSIDE("vmware-checkvm") },
  {
    command: ["/usr/bin/vmware-rpctool", "info-get guestinfo.a"],
    status: 255,
    stdout: "",
    stderr: OUTSIDE("/usr/bin/vmware-rpctool"),
  },
  {
    command: toolbox("stat balloon"),
    status: 1,
    stdout: "",
    stderr: `${CMD} must be run inside a virtual machine.\n`,
  },
];

const run = async ({ command, flags = [] }: Case, ...more: string[]) => {
  const { status, stdout } = await hvm(["exec", "--json", ...flags, ...more, `--root=${root}`, "--", ...command]);
  const report = JSON.parse(stdout);
  return { status, stdout: report.stdout, stderr: withoutGlib(report.stderr), report };
};

describe.skipIf(root === undefined)(`[hvm exec] open-vm-tools, program by program (${SKIP_HINT})`, () => {
  it.each(cases.filter(chosen).map((row) => [title(row), row] as const))("%s", async (_, row) => {
    const { status, stdout, stderr } = await run(row, "--vmware-port=1");
    expect({ status, stdout, stderr }).toEqual({ status: row.status, stdout: row.stdout, stderr: row.stderr ?? "" });
  });

  it("vmware-hgfsclient asks the host for its folders, and is refused", async () => {
    const { report } = await run({ command: ["/usr/bin/vmware-hgfsclient"], status: 1, stdout: "" });
    expect(report.rpci).toMatchObject([{ verb: "f", ok: false, reply: "Unknown command" }]);
  });

  it("timesync enable reaches the host", async () => {
    const { report } = await run({ command: toolbox("timesync enable"), status: 0, stdout: "" });
    expect(report.rpci).toMatchObject([{ verb: "vmx.set_option", argument: "synctime 0 1", ok: true }]);
  });

  it("the same by VMCALL, which open-vm-tools prefers to the port when CPUID announces it", async () => {
    const command = ["/usr/bin/vmware-rpctool", "info-get guestinfo.a"];
    const row = { command, status: 0, stdout: "hello\n", flags: ["--guestinfo", "a=hello"] };
    for (const which of ["vmcall", "vmmcall", "both"]) {
      const { status, stdout, report } = await run(row, `--vmware-hypercall=${which}`);
      expect([status, stdout]).toEqual([0, "hello\n"]);
      expect(report.exits[which === "vmmcall" ? "vmmcall" : "vmcall"]).toBeGreaterThan(0);
    }
  });

  describe.each([
    ["without vmware_port", ["--vmware-port=0"], ""],
    ["on bare metal", ["--personality=bare-metal"], NO_VENDOR],
    ["under QEMU's vmport, which ring 3 may not use", ["--personality=qemu"], NO_VENDOR],
  ] as const)("%s", (where, flags, complaint) => {
    const some = negatives.filter((_row, index) => ALL || where.startsWith("without") || index === 1);
    it.each(some.map((row) => [row.command.join(" "), row] as const))("%s refuses", async (_name, row) => {
      const { status, stdout, stderr, report } = await run(row, ...flags);
      const own = stderr.startsWith(complaint) ? stderr.slice(complaint.length) : stderr;
      expect({ status, stdout, own }).toEqual({ status: row.status, stdout: row.stdout, own: row.stderr });
      expect(report.backdoor).toEqual([]);
    });
  });
});
