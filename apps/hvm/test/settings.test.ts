/** One table of settings for xl.cfg, flags and QEMU's options: every spelling leads to the same machine, and what cannot be says why. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { personalityNames } from "hvm-machine";
import { afterAll, describe, expect, it } from "vitest";
import { readWords, type SettingRow, settingRows } from "xl-config";
import { flagSpellings, parseFlags } from "../src/cli/flags.ts";
import { wholeConfig } from "../src/cli/machine-settings.ts";
import { qemuOptions, translateQemu } from "../src/cli/qemu-options.ts";
import { settingWords } from "../src/cli/setting-flags.ts";
import { settingsFromFile, settingsFromFlags } from "../src/cli/settings-source.ts";
import { runFlags } from "../src/commands/run.ts";
import { hvm } from "./cli.ts";
import { multiboot, printer } from "./images.ts";

const folder = mkdtempSync(join(tmpdir(), "hvm-settings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const rows: readonly SettingRow[] = settingRows;
const image = file("disk.img", new Uint8Array(1024));
const rom = file("bios.bin", new Uint8Array(0x1_0000));

/** The configuration that a command line of `hvm run` asks for. */
function configured(...args: string[]): ReturnType<typeof wholeConfig> {
  const translated = translateQemu("run", args, flagSpellings(runFlags));
  const { flags } = parseFlags("run", runFlags, translated.args);
  const config = wholeConfig(settingsFromFlags("run", settingWords(flags)), {});
  for (const disk of config.disks) disk.close();
  return config;
}

function fromFile(text: string): ReturnType<typeof wholeConfig> {
  const config = wholeConfig(settingsFromFile("create", join(folder, "x.cfg"), text, [], []), {});
  for (const disk of config.disks) disk.close();
  return config;
}

const plain = (config: ReturnType<typeof wholeConfig>): unknown => ({
  ...config,
  disks: config.disks.map(({ access, backend }) => [access, backend.sectors]),
});

describe("[settings] one table", () => {
  it("whose backdoor there is: the table and the machine agree", () => {
    const personality = rows.find(({ key }) => key === "personality")!;
    expect(personality.type).toMatchObject({ choices: personalityNames });
  });

  it("every QEMU option that a row names is translated, and every flag is one of the table", () => {
    for (const { qemu = [] } of rows)
      for (const option of qemu) expect(Object.keys(qemuOptions)).toContain(option.slice(1));
    for (const { flag } of rows) expect(Object.keys(runFlags)).toContain(flag);
  });

  it("QEMU's words with two dashes are QEMU's too, and mean what they mean there", () => {
    expect(configured("--no-acpi").acpi).toBe(false);
    expect(plain(configured("--drive", `file=${image},if=virtio,format=raw`))).toEqual(
      plain(configured("--disk", image)),
    );
  });

  it("no spelling of one flag is another's", () => {
    const spellings = Object.entries(runFlags).flatMap(([name, row]) => [
      name,
      ...("aliases" in row ? (row.aliases ?? []) : []),
    ]);
    expect(spellings.filter((name, at) => spellings.indexOf(name) !== at)).toEqual([]);
  });

  it.each([
    ["memory", "memory = 128", ["--memory=128"], ["-m", "128M"]],
    ["vcpus", "vcpus = 2", ["--vcpus", "2"], ["-smp", "cpus=2,cores=2"]],
    ["name", 'name = "n"', ["--name=n"], ["-name", "guest=n,debug-threads=on"]],
    [
      "disk",
      `disk = [ "${image},raw,xvda,ro" ]`,
      [`--disk=${image},ro`],
      ["-drive", `file=${image},if=virtio,format=raw,readonly=on`],
    ],
    [
      "disk, written",
      `disk = [ "format=raw,vdev=xvda,access=rw,target=${image}" ]`,
      [`--disk=${image},rw`],
      ["-drive", `file=${image},if=virtio,format=raw,snapshot=off`],
    ],
    ["disk, as QEMU's default", `disk = [ "${image},,xvda" ]`, [`--disk=${image}`], ["-hda", image]],
    [
      "vif",
      'vif = [ "mac=00:16:3e:01:02:03,bridge=xenbr0" ]',
      ["--vif", "mac=00:16:3e:01:02:03"],
      ["-nic", "user,model=virtio,mac=00:16:3e:01:02:03"],
    ],
    ["vmware_port", "vmware_port = 1", ["--vmware-port"], ["-M", "pc,vmport=on"]],
    ["acpi", "acpi = 0", ["--acpi=0"], ["-no-acpi"]],
    ["hpet", "hpet = 0", ["--hpet", "off"], ["-no-hpet"]],
    ["vga", 'vga = "stdvga"', ["--stdvga=1"], ["-vga", "std"]],
    [
      "uuid",
      'uuid = "564d5868-0000-4000-8000-000000000001"',
      ["--uuid=564d5868-0000-4000-8000-000000000001"],
      ["-uuid", "564D5868-0000-4000-8000-000000000001"],
    ],
    [
      "start_time",
      'start_time = "2020-02-29T12:00:00"',
      ["--start-time=2020-02-29T12:00:00Z"],
      ["-rtc", "base=2020-02-29T12:00:00,clock=vm"],
    ],
    ["cpuid", 'cpuid = "host,aes=1,bmi2=0"', ["--cpuid=aes=1", "--cpuid", "bmi2=0"], ["-cpu", "qemu64,+aes,bmi2=off"]],
    ["seed", "seed = 7", ["--seed=7"], ["-seed", "7"]],
    [
      "bios",
      `bios_path_override = "${rom}"\nboot = "n"`,
      [`--bios=${rom}`, "--boot=n"],
      ["-bios", rom, "-boot", "order=n,menu=off"],
    ],
    [
      "fw_cfg",
      `bios_path_override = "${rom}"\nfw_cfg = [ "opt/a=b,c" ]`,
      [`--bios=${rom}`, "--fw-cfg=opt/a=b,c"],
      ["-bios", rom, "-fw_cfg", "name=opt/a,string=b,c"],
    ],
    [
      "virtio_console",
      "virtio_console = 1",
      ["--virtio-console"],
      ["-device", "virtio-serial-pci", "-device", "virtconsole"],
    ],
    [
      "nothing",
      "",
      [],
      [
        "-nographic",
        "-display",
        "none",
        "-monitor",
        "none",
        "-nodefaults",
        "-device",
        "isa-debug-exit,iobase=0xf4,iosize=0x04",
      ],
    ],
  ])("%s: xl.cfg, flags and QEMU's words are the same machine", (_, text, flags, qemu) => {
    const wanted = plain(fromFile(text));
    expect(plain(configured(...flags))).toEqual(wanted);
    expect(plain(configured(...qemu))).toEqual(wanted);
  });

  it("guestinfo and fw_cfg: @FILE is the file's bytes, beside the configuration; @@ is an @", () => {
    file("data.txt", "from a file");
    const { guestinfo } = fromFile('guestinfo.a = "@data.txt"\nguestinfo.b = "@@x"');
    expect([Buffer.from(guestinfo!["a"] as Uint8Array).toString(), guestinfo!["b"]]).toEqual(["from a file", "@x"]);
  });

  it("memory of a command line may be of a file too, and flags come last", async () => {
    const cfg = file("halt.cfg", 'kernel = "halt.bin"\nmemory = 8');
    // ELF-less: a boot sector that halts.
    file("halt.bin", Uint8Array.from([0xfa, 0xf4, ...new Array(508).fill(0), 0x55, 0xaa]));
    const report = JSON.parse((await hvm(["create", cfg, "memory=9", "--vcpus=2", "--json"])).stdout);
    expect(report).toMatchObject({ end: "halted", exitCode: 0 });
    expect(readWords([{ name: "memory", text: "9" }]).settings.memory).toBe(9);
  });
});

const cfg = (name: string, text: string): string[] => ["create", file(`${name}.cfg`, text)];

describe("[settings] errors name the place, what was expected, and what exists", () => {
  it.each<[string, readonly string[], number, RegExp]>([
    [
      "an unknown key",
      cfg("key", "\nvmware_prot = 1"),
      65,
      /key\.cfg:2:1: unknown key vmware_prot; is it vmware_port\?/,
    ],
    [
      "a key that nobody knows",
      cfg("nokey", "zzz_top = 1"),
      65,
      /nokey\.cfg:1:1: unknown key zzz_top\n.*known keys: name, memory/,
    ],
    [
      "a wrong type",
      cfg("type", 'kernel = "k"\nmemory = "lots"'),
      65,
      /type\.cfg:2:10: memory: a number from 1 to 3072 expected, found the string "lots"/,
    ],
    [
      "viridian",
      cfg("viridian", "viridian = 1"),
      65,
      /viridian\.cfg:1:12: viridian: this machine does not offer Microsoft's/,
    ],
    [
      "an action that cannot be",
      cfg("action", 'on_reboot = "coredump-restart"'),
      65,
      /action\.cfg:1:13: on_reboot: no core dump is written: one of destroy, restart/,
    ],
    ["a kernel that is not there", cfg("nokernel", 'kernel = "no-such"'), 66, /image .*no-such: no such file/],
    [
      "a disk of another format",
      cfg("qcow", 'kernel = "k"\ndisk = [ "a.qcow2,qcow2,xvda,r" ]'),
      65,
      /qcow\.cfg:2:8: disk: xvda has format qcow2; this machine serves raw images\n.*qemu-img convert/,
    ],
    [
      "a hardware version that never was",
      cfg("hw", 'kernel = "halt.bin"\nvmware_hw = 5'),
      64,
      /hw\.cfg:2:13: vmware_hw: 0, 3, 4 or 6 to 21 expected, found 5/,
    ],
    [
      "a bad flag behind a file",
      [...cfg("flag", 'kernel = "k"'), "--memory=x"],
      64,
      /--memory: a number from 1 to 3072 expected, found "x"/,
    ],
    [
      "a log class nobody knows",
      cfg("debug", 'vmport_debug = "nonsense"\nkernel = "k"'),
      65,
      /debug\.cfg:1:16: vmport_debug: no class "nonsense"/,
    ],
    [
      "a floppy to boot from",
      cfg("boot", `bios_path_override = "bios.bin"\nboot = "a"`),
      65,
      /boot\.cfg:2:8: boot: c \(disks\) or n \(network\) expected/,
    ],
    [
      "firmware's settings without firmware",
      ["run", "--vga-bios=x", "y"],
      64,
      /--vga-bios: it is for a BIOS, and there is none/,
    ],
    [
      "two serial ports",
      [...cfg("two", 'kernel = "halt.bin"\nserial = [ "stdio", "none" ]')],
      65,
      /two\.cfg:2:10: serial: there is one serial port, COM1; found none too/,
    ],
    [
      "an unknown QEMU option",
      ["run", "-kernl", "x"],
      64,
      /unknown option -kernl; did you mean -kernel\?\n.*-kernel -initrd -append -m -smp/,
    ],
    [
      "a QEMU disk on a bus that is not there",
      ["run", "-drive", "file=x,if=ide"],
      64,
      /-drive: if=ide: this machine's disks are virtio/,
    ],
    [
      "a QEMU disk of another format",
      ["run", "-drive", "file=x,if=virtio,format=qcow2"],
      64,
      /-drive: format=qcow2: raw expected/,
    ],
    [
      "a QEMU device that is not there",
      ["run", "-device", "e1000"],
      64,
      /-device: e1000: one of isa-debug-exit, virtio-rng-pci/,
    ],
    ["isa-debug-exit elsewhere", ["run", "-device", "isa-debug-exit"], 64, /iobase=0xf4 expected/],
    ["a window", ["run", "-display", "gtk", "x"], 64, /-display: gtk: there is no window; --vga=stdvga --screenshot/],
    ["QEMU's debugger", ["run", "-s", "x"], 64, /-s: there is no debugger's port/],
    ["an option without its value", ["run", "-kernel"], 64, /-kernel: it needs a value/],
    ["two images", ["run", "a", "b"], 64, /one image expected, found "b" too/],
  ])("%s", async (_, args, status, message) => {
    const run = await hvm(args);
    expect(run.stderr).toMatch(message);
    expect([run.status, run.stdout]).toEqual([status, ""]);
    expect(run.stderr).not.toMatch(/internal error/);
  });

  it("a flag's value is its own, however it looks; behind -- nothing is an option", () => {
    const own = flagSpellings(runFlags);
    expect(translateQemu("run", ["--append", "-m", "--", "-kernl"], own).args).toEqual([
      "--append",
      "-m",
      "--",
      "-kernl",
    ]);
  });

  it("what changes nothing is said so", async () => {
    const { stderr } = await hvm([
      "run",
      "-enable-kvm",
      "-cpu",
      "host",
      "-m",
      "8",
      file("none.bin", new Uint8Array(0)),
    ]);
    expect(stderr).toContain("hvm run: -enable-kvm: the processor is simulated, always\n");
    expect(stderr).toContain("hvm run: -cpu: host: the processor is always x86-64-v2 with what --cpuid adds\n");
  });
});

/** A bzImage's head as far as `loaded` looks: 0xaa55, HdrS, protocol 2.15 (Linux `boot.rst`). */
function bzImage(setupSectors: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes[0x1f1] = setupSectors;
  view.setUint16(0x1fe, 0xaa55, true);
  bytes.set(new TextEncoder().encode("HdrS"), 0x202);
  view.setUint16(0x206, 0x20f, true);
  return bytes;
}

describe("[hvm run] kernels that are none", () => {
  const elfHead = Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...new Array(57).fill(0)]);
  it.each<[string, Uint8Array, readonly string[], number, RegExp]>([
    ["a bzImage cut in its header", bzImage(31, 0x210), [], 65, /cut: .*/],
    ["a bzImage cut in its setup code", bzImage(31, 4096), [], 65, /cut: .*/],
    ["an ELF cut in its header", elfHead.subarray(0, 40), [], 65, /cut: .*/],
    [
      "an ELF for ARM64",
      Uint8Array.from(elfHead, (byte, at) => (at === 16 ? 2 : at === 18 ? 183 : byte)),
      [],
      65,
      /cut: .*183|cut: .*machine/,
    ],
    ["a gzip file", Uint8Array.of(0x1f, 0x8b, 8, 0), [], 65, /cut: .*no setup header/],
    [
      "an ARM64 kernel",
      Uint8Array.from({ length: 64 }, (_, at) => [...Buffer.from("ARM\x64")][at - 56] ?? 0),
      [],
      65,
      /cut: /,
    ],
    ["an empty file", new Uint8Array(0), [], 65, /cut: /],
    [
      "an initrd that does not fit",
      multiboot(printer("x")),
      ["--memory=2", "--initrd", file("big.cpio", new Uint8Array(3 << 20))],
      71,
      /cut: .*memory/,
    ],
    ["a disk that is a folder", multiboot(printer("x")), ["--disk", folder], 65, /disk .*hvm-settings-.*: /],
  ])("%s", async (_, bytes, flags, status, message) => {
    const run = await hvm(["run", ...flags, file("cut", bytes)]);
    expect(run.stderr).toMatch(message);
    expect([run.status, run.stdout]).toEqual([status, ""]);
    expect(run.stderr).not.toMatch(/internal error|\n\s+at /);
  });
});
