/** Debian's firmware and what it starts: SeaBIOS and its VGA BIOS, GRUB from a disk, iPXE on the network, memtest86+ on the screen. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImage, writeCpio } from "guest-loader";
import { bootEnvironment, createMachine, type Machine, type MachineConfig } from "hvm-machine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryEntries } from "../src/node/directory-archive.ts";
import { bundledHvm, guestRoot, SKIP_HINT } from "./cli.ts";
import { answerDhcp } from "./dhcp.ts";

const firmware = guestRoot("firmware");
const grub = guestRoot("grub");
const memtest = guestRoot("memtest");
const [bios, vgaBios] = ["bios-256k.bin", "vgabios-stdvga.bin"].map((name) =>
  join(firmware ?? "", "usr", "share", "seabios", name),
);
const pxeRom = join(firmware ?? "", "usr", "lib", "ipxe", "qemu", "pxe-virtio.rom");
const bytes = (path: string | undefined): Uint8Array => new Uint8Array(readFileSync(path!));

/** Runs until the screen shows a text. */
function untilScreen(machine: Machine, text: string, millions = 200): string {
  const shown = (): string => machine.screen()!.text.join("\n");
  for (let left = millions; left > 0 && !shown().includes(text); left--) {
    const stop = machine.run({ maxInstructions: 1_000_000 });
    if (stop.kind !== "instructions") throw new Error(`${stop.kind} before ${JSON.stringify(text)}:\n${shown()}`);
  }
  expect(shown()).toContain(text);
  return shown();
}

describe.skipIf(firmware === undefined)(`SeaBIOS (${SKIP_HINT})`, () => {
  const power = (config: MachineConfig = {}): Machine => {
    const machine = createMachine({
      memory: 32,
      vmwareHw: 11,
      ...config,
      firmware: { bios: bytes(bios), vgaBios: bytes(vgaBios), ...config.firmware },
    });
    machine.boot();
    return machine;
  };
  /** mov ax, 0x0e00 + letter; int 0x10, for each; then sti; hlt; jmp back */
  const sector = new Uint8Array(512);
  const letters = [..."hello\r\n"].flatMap((letter) => [0xb8, letter.charCodeAt(0), 0x0e, 0xcd, 0x10]);
  sector.set([...letters, 0xfb, 0xf4, 0xeb, 0xfc]);
  sector.set([0x55, 0xaa], 510);
  const disk = {
    backend: {
      sectors: 2048,
      readSectors(first: number, count: number) {
        const read = new Uint8Array(count * 512);
        if (first === 0) read.set(sector);
        return read;
      },
      writeSectors: () => false,
    },
  };

  it("finds the board, sets up its VGA, starts a disk's boot sector; two processors answer", () => {
    const machine = power({ disks: [disk], vcpus: 2 });
    let log = "";
    machine.devices.firmwareLog.onOutput((part) => {
      log += new TextDecoder().decode(part);
    });
    const screen = untilScreen(machine, "hello", 40);
    expect(screen).toContain("SeaBIOS (version");
    expect(log).toContain("Found 2 cpu(s) max supported 2 cpu(s)");
    expect(log).toMatch(/VBE DISPI: lfb_addr=[0-9a-f]+, size 16 MB/);
    expect(log).toMatch(/table\(50434146\)=0x[0-9a-f]+ \(via xsdt\)/);
    expect(log).toContain("Copying SMBIOS");
    expect(log).toContain("found virtio-blk at 00:04.0");
  }, 120_000);

  it("saved in the middle and loaded into another machine: the same screen and the same trace", () => {
    const [whole, first, second] = [power({ disks: [disk] }), power({ disks: [disk] }), power({ disks: [disk] })];
    whole.run({ maxInstructions: 12_000_000 });
    first.run({ maxInstructions: 5_000_000 });
    second.load(structuredClone(first.save()));
    second.run({ maxInstructions: 7_000_000 });
    expect(second.screen()!.text).toEqual(whole.screen()!.text);
    expect(second.traceHash()).toBe(whole.traceHash());
  }, 120_000);

  it("without a screen its text is on COM1", () => {
    const machine = power({ vga: false, firmware: { bios: bytes(bios) }, disks: [disk] });
    let serial = "";
    machine.devices.serial.onOutput((part) => {
      serial += new TextDecoder().decode(part);
    });
    for (let left = 40; left > 0 && !serial.includes("hello"); left--) machine.run({ maxInstructions: 1_000_000 });
    expect(serial).toContain("SeaBIOS (version");
    expect(serial).toContain("hello");
  }, 120_000);

  it("iPXE takes an address that somebody on the cable offers, through virtio-net; so it does when saved before", () => {
    const config = {
      // It waits for offers in a busy loop: seconds that are short.
      instructionsPerSecond: 5_000_000,
      networks: [{ mac: Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56) }],
      firmware: { bios: bytes(bios), vgaBios: bytes(vgaBios), boot: "n", files: { "genroms/pxe.rom": bytes(pxeRom) } },
    };
    const [machine, second] = [power(config), power(config)];
    untilScreen(machine, "Booting from ROM");
    second.load(structuredClone(machine.save()));
    const offered = (each: Machine): string => {
      const [card] = each.devices.networks;
      card!.onFrame((frame) => {
        const answer = answerDhcp(frame);
        if (answer) card!.receive(answer);
      });
      return untilScreen(each, "net0: 10.0.2.15/255.255.255.0", 400);
    };
    const screen = offered(machine);
    expect(screen).toContain("iPXE 1.");
    expect(screen).toContain("net0: 52:54:00:12:34:56 using virtio-net");
    expect(offered(second)).toBe(screen);
    expect(second.traceHash()).toBe(machine.traceHash());
  }, 300_000);
});

describe.skipIf(memtest === undefined)(`memtest86+ on a VGA (${SKIP_HINT})`, () => {
  it("draws its screen, in pixels as in text", () => {
    const config = { memory: 16, vga: true };
    const machine = createMachine(config);
    machine.boot(loadImage(bytes(join(memtest!, "boot", "memtest86+x64.bin")), bootEnvironment(config)));
    const screen = untilScreen(machine, "Pass:", 200);
    expect(screen).toContain("Memtest86+ v6");
    const { width, height, rgba } = machine.screen()!;
    expect([width, height]).toEqual([720, 400]);
    // White on blue: the ground's colour is the palette's 1 (IBM PS/2 video: 0, 0, 2a hex of 3f).
    const at = (200 * width + 700) * 4;
    expect([...rgba.subarray(at, at + 4)]).toEqual([0, 0, 170, 255]);
  }, 300_000);
});

const linux = guestRoot("linux");

describe.skipIf(linux === undefined)(`Debian's kernel and the board's devices (${SKIP_HINT})`, () => {
  let hvm: ReturnType<typeof bundledHvm>;
  beforeAll(() => {
    hvm = bundledHvm();
  }, 300_000);
  afterAll(() => hvm.remove());

  it("network card, virtio console, the clock's alarm as an ACPI event, sleep button, NMI, power button", () => {
    const { status, stdout, stderr } = hvm.run([
      ...["run", "-kernel", join(linux!, "vmlinux"), "-initrd", join(linux!, "initramfs"), "-m", "256M"],
      ...["-append", "cryptomgr.notests console=ttyS0 mode=devices", "--vif", "mac=52:54:00:12:34:56"],
      ...["--virtio-console", "--trigger", "6:sleep", "--trigger", "7:nmi", "--trigger", "8:power"],
      ...["--timeout", "270"],
    ]);
    expect(stderr).toBe("");
    const text = stdout.replaceAll("\r", "");
    expect(text).toContain("network: 52:54:00:12:34:56 0x1af4");
    expect(text).toContain("text on the virtio console");
    expect(text).toContain("alarm: 1 event of ACPI's");
    // Keys 142, sleep, and 116, power.
    expect(text).toMatch(/button: +142\n/);
    expect(text).toMatch(/Uhhuh\. NMI received for unknown reason [0-9a-f]+ on CPU 0/);
    expect(text).toMatch(/button: +116\n/);
    expect(text).toContain("reboot: Power down");
    expect(text, "virtio devices without configuration announce none").not.toContain("bad capability");
    expect(status).toBe(0);
  }, 300_000);
});

describe.skipIf(linux === undefined || !process.env["HVM_LONG"])("Debian's kernel with every card (HVM_LONG=1)", () => {
  it("saved behind its drivers' start and loaded into another machine: the same trace", () => {
    const sectors = 64;
    const config: MachineConfig = {
      ...{ memory: 256, vmwareHw: 11, vcpus: 2, vga: true, networks: [{}], virtioConsole: true },
      disks: [
        { backend: { sectors, readSectors: (_, count) => new Uint8Array(count * 512), writeSectors: () => true } },
      ],
    };
    const start = (): Machine => {
      const machine = createMachine(config);
      const image = loadImage(bytes(join(linux!, "vmlinux")), {
        ...bootEnvironment(config),
        commandLine: "cryptomgr.notests console=ttyS0 mode=devices",
        initrd: writeCpio([...directoryEntries(join(linux!, "initramfs"))]),
      });
      machine.boot(image);
      return machine;
    };
    const [whole, first, second] = [start(), start(), createMachine(config)];
    let text = "";
    second.devices.serial.onOutput((part) => {
      text += new TextDecoder().decode(part);
    });
    const [SAVED_NS, END_NS] = [700_000_000n, 6_000_000_000n];
    whole.run({ untilNs: END_NS });
    first.run({ untilNs: SAVED_NS });
    second.load(structuredClone(first.save()));
    second.run({ untilNs: END_NS });
    expect(text).toContain("alarm: 1 event of ACPI's");
    expect(second.traceHash()).toBe(whole.traceHash());
    expect(second.retired).toBe(whole.retired);
  }, 3_600_000);
});

describe.skipIf(firmware === undefined || grub === undefined)(`GRUB on a disk (${SKIP_HINT})`, () => {
  let hvm: ReturnType<typeof bundledHvm>;
  let folder: string;
  beforeAll(() => {
    hvm = bundledHvm();
    folder = mkdtempSync(join(tmpdir(), "hvm-firmware-"));
  }, 300_000);
  afterAll(() => {
    hvm.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const machine = (): string[] => [
    ...["--bios", bios!, "--vga-bios", vgaBios!, "--disk", join(grub!, "disk.img"), "-m", "256M"],
  ];

  it("its menu comes up, and c on the keyboard gives its prompt; the picture of the screen is a PNG", () => {
    const picture = join(folder, "grub.png");
    const { status, stdout, stderr } = hvm.run([
      ...["run", ...machine(), "--trigger", "0.3:key:KeyC", "--expect", "grub>", "--screenshot", picture],
      ...["--timeout", "200", "--json"],
    ]);
    expect(stderr).toBe("");
    const report = JSON.parse(stdout);
    expect([status, report.end]).toEqual([0, "expected"]);
    expect(report.serial).toContain("Debian's Linux");
    expect(report.screen.join("\n")).toContain("Minimal BASH-like line editing is supported");
    expect(readFileSync(picture).subarray(0, 8)).toEqual(Buffer.from("\x89PNG\r\n\x1a\n", "latin1"));
  }, 240_000);

  it.skipIf(process.env["HVM_LONG"] !== "1")(
    "Enter boots Debian's Linux from the disk (HVM_LONG=1)",
    () => {
      const { status, stdout, stderr } = hvm.run([
        ...["run", ...machine(), "--vcpus", "2", "--trigger", "0.3:key:Enter", "--timeout", "3000", "--json"],
      ]);
      expect(stderr).toBe("");
      const report = JSON.parse(stdout);
      const serial = report.serial.replaceAll("\r", "");
      expect(serial).toContain("Hypervisor detected: VMware");
      expect(serial).toContain("INIT command line: BOOT_IMAGE=/boot/vmlinuz console=ttyS0 cryptomgr.notests");
      expect(serial).toContain("INIT product: VMware Virtual Platform");
      expect(serial).toContain("INIT processors: 2");
      expect(serial).toMatch(/INIT acpi: .*APIC.*DSDT.*FACP.*FACS.*HPET/);
      expect([status, report.end]).toEqual([0, "poweroff"]);
    },
    3_600_000,
  );
});
