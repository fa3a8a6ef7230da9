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
      ramdisk: ["/boot/initrd"],
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
    expect(parseXlConfig("")).toEqual({ settings: {}, warnings: [], places: new Map() });
  });

  it("booleans are numbers: 0 is false, everything else true", () => {
    expect(settings("vmware_port = 0; acpi = 2")).toEqual({ vmwarePort: false, acpi: true });
  });

  it("warns of keys that do nothing, and of keys set twice", () => {
    const { settings: result, warnings } = parseXlConfig("vnc = 1\nmemory = 1\nmemory = 2", { source: "g.cfg" });
    expect(result).toEqual({ memory: 2 });
    expect(warnings).toEqual([
      "g.cfg:1:1: vnc has no effect here",
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
    ['disk = "a,vmdk,xvda"', 'bad-value g.cfg:1:8: disk: format "vmdk": raw, qcow2, vhd, qcow, qed expected'],
    ['disk = "phy:/dev/sda,hda,w"', 'bad-value g.cfg:1:8: disk: target "phy:/dev/sda": prefixes are deprecated'],
    ["constructor = 1", "unknown-key g.cfg:1:1: unknown key constructor"],
    ['disk = "a,raw,xvda,constructor"', 'bad-value g.cfg:1:8: disk: access "constructor"'],
    ["viridian = 1", "bad-value g.cfg:1:12: viridian: this machine does not offer Microsoft's hypervisor interface"],
    [
      'vga = "cirrus"',
      "bad-value g.cfg:1:7: vga: no Cirrus card is simulated; stdvga is: one of none, stdvga expected",
    ],
    ['on_crash = "preserve"', "bad-value g.cfg:1:12: on_crash: a domain that has ended is not kept"],
    ['start_time = "yesterday"', "wrong-type g.cfg:1:14: start_time: a time like 2026-01-01T00:00:00Z expected"],
    ['start_time = "2026-02-29T00:00:00Z"', "wrong-type g.cfg:1:14: start_time: a time like"],
    ['vif = [ "mac=1:2" ]', 'bad-value g.cfg:1:9: vif: mac "1:2": six bytes as 00:16:3e:01:02:03 expected'],
    ['vif = [ "model=e1000" ]', 'bad-value g.cfg:1:9: vif: model "e1000": virtio or virtio-net expected'],
    ['vif = [ "brigde=xenbr0" ]', 'bad-value g.cfg:1:9: vif: unknown key "brigde"'],
    ['cpuid = "host,aes=k"', 'bad-value g.cfg:1:9: cpuid: aes=0 or aes=1 expected, found "aes=k"'],
    ['kernel = "a"\nbios_path_override = "b"', "conflict g.cfg:2:22: bios_path_override and kernel exclude each other"],
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
      'wrong-type --memory: a number from 1 to 3072 expected, found "much"',
    );
    expect(errorOf(() => readSetting("nope", "1"))).toContain("there is no setting nope");
  });

  it("every row is found by its key, its flag, its aliases and with dashes; no name stands for two", () => {
    const found = settingRows.map((row) => ({
      row,
      names: new Set(
        [row.key, row.flag, ...("aliases" in row ? row.aliases : []), ...("short" in row ? row.short : [])].flatMap(
          (name) => [name, name.replaceAll("_", "-")],
        ),
      ),
    }));
    for (const { row, names } of found) for (const name of names) expect(findSetting(name), name).toBe(row);
    const all = found.flatMap(({ names }) => [...names]);
    expect(new Set(all).size).toBe(all.length);
    const fields = settingRows.map(({ field }) => field);
    expect(new Set(fields).size).toBe(fields.length);
  });

  it("lists grow with each word, after those of a file; disks get the next free name", () => {
    const file = 'disk = [ "a.img,raw,xvdb,ro" ]\nguestinfo.a = "1"\nmemory = 8';
    const { settings: all } = parseXlConfig(file, {
      words: [
        { name: "disk", text: "b.img" },
        { name: "disk", text: "c,1.img,rw" },
        { name: "guestinfo", text: "b=2=3" },
        { name: "memory", text: "1.5G" },
        { name: "cpuid", text: "aes=1,bmi2=0" },
        { name: "cpuid", text: "avx=0" },
      ],
    });
    expect(all.disk?.map(({ target, vdev, access }) => `${target} ${vdev} ${access}`)).toEqual([
      "a.img xvdb ro",
      "b.img xvda snapshot",
      "c,1.img xvdc rw",
    ]);
    expect(all.guestinfo).toEqual({ a: "1", b: "2=3" });
    expect(all.memory).toBe(1536);
    expect(all.cpuid).toEqual([
      ["aes", true],
      ["bmi2", false],
      ["avx", false],
    ]);
  });

  it.each([
    ["2026-01-01", 1_767_225_600],
    ["2026-01-01T00:00:00Z", 1_767_225_600],
    ["2026-01-01T02:30:00+02:30", 1_767_225_600],
    ["2000-02-29T23:59:59", 951_868_799],
    ["1969-12-31T23:59:59Z", -1],
    ["2038-01-19T03:14:08Z", 2 ** 31],
  ])("--start-time %s is %d seconds (GNU date -u -d … +%%s)", (text, seconds) => {
    expect(readSetting("start-time", text).startTimeNs).toBe(BigInt(seconds) * 1_000_000_000n);
  });

  it("says where each value stands", () => {
    const { places } = parseXlConfig("memory = 8\n vcpus = 2", { source: "g.cfg" });
    expect([...places]).toEqual([
      ["memory", { source: "g.cfg", line: 1, column: 10 }],
      ["vcpus", { source: "g.cfg", line: 2, column: 10 }],
    ]);
  });

  it("a whole file of Xen's own example keys is read: nothing in it is unknown", () => {
    // Keys of Xen's tools/examples/xlexample.hvm, values as there.
    const example = `type = "hvm"
name = "example.hvm"
memory = 128
vcpus = 2
vif = [ '' ]
disk = [ '/dev/vg/guest-volume,raw,xvda,rw' ]
sdl = 0
vnc = 1
`;
    const { settings: found, warnings } = parseXlConfig(example, { source: "x" });
    expect(found).toMatchObject({ name: "example.hvm", memory: 128, vcpus: 2, vif: [{ mac: undefined }] });
    expect(warnings).toEqual(["x:7:1: sdl has no effect here", "x:8:1: vnc has no effect here"]);
  });
});
