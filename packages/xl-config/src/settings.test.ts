import { describe, expect, it } from "vitest";
import { XlConfigError } from "./errors.ts";
import { settingRows } from "./schema.ts";
import { findSetting, parseXlConfig, readSetting } from "./settings.ts";

const settings = (text: string) => parseXlConfig(text, { source: "g.cfg" }).settings;
const errorOf = (action: () => unknown): string => {
  try {
    action();
    return "accepted";
  } catch (error) {
    return error instanceof XlConfigError ? `${error.code} ${error.message}` : `another error: ${String(error)}`;
  }
};

describe("[xl-config] settings", () => {
  it("a whole guest", () => {
    const text = `
builder = "hvm"
name = "tools"
uuid = "564d5868-0000-4000-8000-000000000001"
memory = 0x200
vcpus = 2
kernel = "/boot/vmlinuz"
ramdisk = "/boot/initrd"
root = "/dev/vda1"
extra = "console=ttyS0"
cmdline = "quiet"
disk = [ "/img/a.qcow2,qcow2,xvda,rw", "format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/img/b,1.iso" ]
serial = "pty"
vmware_hwver = 7
vmware_port = 1
rtc_timeoffset = 3600
personality = "xen-v6"
guestinfo = [ "greeting=hello=world", "guestinfo.empty=" ]
guestinfo.hostname = "box"
guestinfo.count = 3
`;
    const { uuid, ...rest } = settings(text);
    expect([...(uuid ?? [])]).toEqual([0x56, 0x4d, 0x58, 0x68, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1]);
    expect(rest).toEqual({
      name: "tools",
      memory: 512,
      vcpus: 2,
      kernel: "/boot/vmlinuz",
      ramdisk: "/boot/initrd",
      root: "/dev/vda1",
      extra: "console=ttyS0",
      cmdline: "quiet",
      disk: [
        { target: "/img/a.qcow2", format: "qcow2", vdev: "xvda", access: "rw", cdrom: false },
        { target: "/img/b,1.iso", format: "raw", vdev: "hdc", access: "ro", cdrom: true },
      ],
      serial: ["pty"],
      vmwareHw: 7,
      vmwarePort: true,
      timeOffsetSeconds: 3600,
      personality: "xen-v6",
      guestinfo: { greeting: "hello=world", empty: "", hostname: "box", count: "3" },
    });
  });

  it("nothing set is nothing said", () => {
    expect(parseXlConfig("")).toEqual({ settings: {}, warnings: [] });
  });

  it("booleans are numbers: 0 is false, everything else true", () => {
    expect(settings("vmware_port = 0; viridian = 2")).toEqual({ vmwarePort: false, viridian: true });
  });

  it("warns of keys that do nothing, and of keys set twice", () => {
    const { settings: result, warnings } = parseXlConfig('vga = "stdvga"\nmemory = 1\nmemory = 2', { source: "g.cfg" });
    expect(result).toEqual({ memory: 2 });
    expect(warnings).toEqual([
      "g.cfg:1:1: vga has no effect here",
      "g.cfg:3:1: memory is set again; the last one counts",
    ]);
  });

  it("arguments after the file come last and are named in errors", () => {
    expect(parseXlConfig("memory = 64", { overrides: ["memory=128", 'name="x"; vcpus=2'] }).settings).toEqual({
      memory: 128,
      name: "x",
      vcpus: 2,
    });
    expect(errorOf(() => parseXlConfig("", { overrides: ["vcpus=1", "name=x"] }))).toContain("argument 2:1:6");
  });

  it.each([
    ["memroy = 3", "unknown-key g.cfg:1:1: unknown key memroy; is it memory?"],
    ["\n  vmware_prot = 1", "unknown-key g.cfg:2:3: unknown key vmware_prot; is it vmware_port?"],
    ["nothing_like_it = 1", "unknown-key g.cfg:1:1: unknown key nothing_like_it"],
    ['memory = "512"', 'wrong-type g.cfg:1:10: memory: a number from 1 to 3072 expected, found the string "512"'],
    ["memory = 4096", "bad-value g.cfg:1:10: memory: a number from 1 to 3072 expected, found 4096"],
    ["name = 3", "wrong-type g.cfg:1:8: name: a string in quotes expected, found 3"],
    ['vmware_port = "yes"', 'wrong-type g.cfg:1:15: vmware_port: 0 or 1 expected, found the string "yes"'],
    ["kernel = []", "wrong-type g.cfg:1:10: kernel: a string in quotes expected, found a list"],
    ['personality = "esx"', "bad-value g.cfg:1:15: personality: one of vmware, xen-v6"],
    ['uuid = "1234"', "wrong-type g.cfg:1:8: uuid: xxxxxxxx-xxxx"],
    ['type = "pv"', 'bad-value g.cfg:1:8: type: only "hvm" is possible here, found the string "pv"'],
    ['serial = [ "pty", 3 ]', "wrong-type g.cfg:1:19: serial: a string in quotes expected, found 3"],
    ['guestinfo = [ "novalue" ]', 'wrong-type g.cfg:1:15: guestinfo: "KEY=VALUE" expected'],
    ['disk = [ "a,raw,xvda,w",\n "b,raw,xvda,w" ]', "conflict g.cfg:2:2: disk: vdev xvda is used twice"],
    ['disk = "a,vmdk,xvda"', 'bad-value g.cfg:1:8: disk: format "vmdk": raw, qcow2, vhd, qcow expected'],
    ['disk = "phy:/dev/sda,hda,w"', 'bad-value g.cfg:1:8: disk: target "phy:/dev/sda": prefixes are deprecated'],
    ["constructor = 1", "unknown-key g.cfg:1:1: unknown key constructor"],
    ['disk = "a,raw,xvda,constructor"', 'bad-value g.cfg:1:8: disk: access "constructor"'],
    ["viridian = 1\nvmware_hw = 7", "conflict g.cfg:1:12: viridian and vmware_hw exclude each other"],
    ["vmware_port = 1\nnestedhvm = 1", "conflict g.cfg:2:13: nestedhvm and vmware_port exclude each other"],
    ["vmware_hw = 7\nnestedhvm = 1", "conflict g.cfg:2:13: nestedhvm and vmware_port exclude each other"],
  ])("%j: %s", (text, message) => {
    expect(errorOf(() => settings(text))).toContain(message);
  });

  it("names that objects have of their own are names like any other", () => {
    expect(Object.entries(settings('guestinfo.__proto__ = "x"').guestinfo ?? {})).toEqual([["__proto__", "x"]]);
  });

  it("nestedhvm alone, and with the port off, is fine", () => {
    expect(settings("nestedhvm = 1; vmware_hw = 7; vmware_port = 0").nestedHvm).toBe(true);
  });
});

describe("[xl-config] one setting from a command line", () => {
  it.each([
    ["memory", "256", { memory: 256 }],
    ["vmware-hw", "0x0b", { vmwareHw: 11 }],
    ["vmware_hwver", "7", { vmwareHw: 7 }],
    ["vmware-port", "on", { vmwarePort: true }],
    ["vmware-port", "0", { vmwarePort: false }],
    ["name", "7", { name: "7" }],
    [
      "disk",
      "a.img,raw,xvda,ro",
      { disk: [{ target: "a.img", format: "raw", vdev: "xvda", access: "ro", cdrom: false }] },
    ],
    ["guestinfo", "a=b", { guestinfo: { a: "b" } }],
    ["vmport-debug", "trace,error", { vmportDebug: "trace,error" }],
  ])("--%s %s", (name, text, expected) => {
    expect(readSetting(name, text)).toEqual(expected);
  });

  it("refuses with the flag's name", () => {
    expect(errorOf(() => readSetting("memory", "much"))).toContain(
      'memory: a number from 1 to 3072 expected, found the string "much"',
    );
    expect(errorOf(() => readSetting("nope", "1"))).toContain("there is no setting nope");
  });

  it("every row is found by its key, its aliases and with dashes; no name stands for two", () => {
    const names = settingRows.flatMap((row) => [row.key, ...("aliases" in row ? row.aliases : [])]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(findSetting(name.replaceAll("_", "-"))).toBe(findSetting(name));
  });
});
