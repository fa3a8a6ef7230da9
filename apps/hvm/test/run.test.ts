import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { firstLight as firstLightImage } from "vmport-first-light";
import { hvm } from "./cli.ts";
import { multiboot, printer } from "./images.ts";

const folder = mkdtempSync(join(tmpdir(), "hvm-run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, bytes: Uint8Array | number[]): string => {
  const path = join(folder, name);
  writeFileSync(path, Uint8Array.from(bytes));
  return path;
};
const firstLight = file("first-light.bin", firstLightImage());

/** ELF of the given class at 1 MiB. */
function elf(bits: 32 | 64, code: readonly number[]): Uint8Array {
  const header = bits === 64 ? 120 : 84;
  const bytes = new Uint8Array(header + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, bits === 64 ? 62 : 3, true);
  const entry = 0x10_0000 + header;
  if (bits === 64) {
    view.setBigUint64(24, BigInt(entry), true);
    view.setBigUint64(32, 64n, true);
    view.setUint16(54, 56, true);
    view.setUint16(56, 1, true);
    view.setUint32(64, 1, true);
    view.setUint32(68, 5, true);
    for (const at of [80, 88]) view.setBigUint64(at, 0x10_0000n, true);
    for (const at of [96, 104]) view.setBigUint64(at, BigInt(bytes.length), true);
  } else {
    view.setUint32(24, entry, true);
    view.setUint32(28, 52, true);
    view.setUint16(42, 32, true);
    view.setUint16(44, 1, true);
    view.setUint32(52, 1, true);
    for (const at of [60, 64]) view.setUint32(at, 0x10_0000, true);
    for (const at of [68, 72]) view.setUint32(at, bytes.length, true);
    view.setUint32(76, 5, true);
  }
  bytes.set(code, header);
  return bytes;
}

describe("[hvm run]", () => {
  it.each([
    ["a multiboot image", multiboot(printer("multiboot\n")), "multiboot\n"],
    ["an ELF32 image", elf(32, printer("elf32\n")), "elf32\n"],
    ["an ELF64 image", elf(64, printer("elf64\n")), "elf64\n"],
  ])("boots %s, its serial port on standard output", async (name, bytes, output) => {
    const { status, stdout, stderr } = await hvm(["run", file(name.replaceAll(" ", "-"), bytes)]);
    expect(stderr).toBe("");
    expect(stdout).toBe(output);
    expect(status).toBe(0);
  });

  it("boots flat code in each mode", async () => {
    const real = [0xba, 0xf8, 3, 0xb0, 0x72, 0xee, 0xfa, 0xf4];
    expect((await hvm(["run", "--flat=real", file("real", real)])).stdout).toBe("r");
    expect((await hvm(["run", "--flat=protected", file("protected", printer("p"))])).stdout).toBe("p");
    expect((await hvm(["run", "--flat=long", file("long", printer("l"))])).stdout).toBe("l");
  });

  it("gives a multiboot kernel its magic number in EAX and its information in EBX", async () => {
    // cmp eax, 0x2badb002; jne bad; test byte [ebx], 1; jz bad; print y; bad: print n
    const code = [
      0x3d, 0x02, 0xb0, 0xad, 0x2b, 0x75, 14, 0xf6, 0x03, 0x01, 0x74, 9, 0x66, 0xba, 0xf8, 3, 0xb0, 0x79, 0xee, 0xfa,
      0xf4, 0x66, 0xba, 0xf8, 3, 0xb0, 0x6e, 0xee, 0xfa, 0xf4,
    ];
    expect((await hvm(["run", file("magic", multiboot(code))])).stdout).toBe("y");
  });

  it("the embedded guest as a file: serial output, --calls, --json", async () => {
    const { stdout, stderr, status } = await hvm(["run", "--guestinfo", "greeting=from a flag", "--calls", firstLight]);
    expect(status).toBe(0);
    expect(stdout).toContain("info-get guestinfo.greeting -> '1 from a flag'\r\n");
    expect(stderr).toMatch(/ring 3 [0-9a-f]{8} in {2}eax 0x5658 GETVERSION/);
    const report = JSON.parse((await hvm(["run", "--json", "--personality=xen-v6", firstLight])).stdout);
    expect(report).toMatchObject({
      format: "boot-sector",
      end: "halted",
      exitCode: 0,
      personality: "xen-v6",
      rpci: [{ verb: "info-get", argument: "guestinfo.greeting", ok: false, reply: "No value found" }],
    });
    // v6 leaves the magic in EAX for a command that it does not know.
    expect(report.serial).toMatch(/unknown 0x77\s+eax=564d5868 ebx=deadbeef/);
  });

  it("--vmport-debug prints Xen's lines", async () => {
    const { stderr } = await hvm(["run", "--vmport-debug=all", firstLight]);
    expect(stderr).toMatch(/\[HVM:1\.0\] <\w+> VMware trace/);
    expect((await hvm(["run", "--vmport-debug=0", firstLight])).stderr).toBe("");
  });

  it("hvm create takes an xl.cfg and overrides behind it", async () => {
    const config = file(
      "domain.cfg",
      new TextEncoder().encode(
        'name = "cfg"\nmemory = 8\nkernel = "first-light.bin"\nvmware_hw = 11\nguestinfo.greeting = "from a file"\n',
      ),
    );
    const { status, stdout } = await hvm(["create", config]);
    expect(status).toBe(0);
    expect(stdout).toContain("info-get guestinfo.greeting -> '1 from a file'\r\n");
    const off = await hvm(["create", config, "vmware_port=0"]);
    expect(off.stdout).toContain("info-get guestinfo.greeting: #GP\r\n");
  });

  it("hvm create: ramdisk, root and extra reach the kernel; cmdline replaces both; serial to a file", async () => {
    // Sends the command line (multiboot information, offset 16), a line feed, and six bytes of the first module.
    const code = [
      ...[0xba, 0xf8, 3, 0, 0, 0x8b, 0x73, 16],
      // next: mov al, [esi]; test al, al; jz done; out dx, al; inc esi; jmp next
      ...[0x8a, 0x06, 0x84, 0xc0, 0x74, 4, 0xee, 0x46, 0xeb, 0xf6],
      ...[0xb0, 0x0a, 0xee, 0x8b, 0x4b, 24, 0x8b, 0x09],
      ...Array(6).fill([0x8a, 0x01, 0xee, 0x41]).flat(),
      ...[0xfa, 0xf4],
    ];
    file("lines", multiboot(code));
    file("disk.cpio", new TextEncoder().encode("070701"));
    const config = file(
      "lines.cfg",
      new TextEncoder().encode(
        'memory = 8\nkernel = "lines"\nramdisk = "disk.cpio"\nroot = "/dev/vda"\nextra = "quiet"\n',
      ),
    );
    expect((await hvm(["create", config])).stdout).toBe("lines root=/dev/vda quiet\n070701");
    expect((await hvm(["create", config, 'cmdline="x"'])).stdout).toBe("lines x\n070701");
    const out = join(folder, "lines.txt");
    expect((await hvm(["create", config, `serial="file:${out}"`])).stdout).toBe("");
    expect(readFileSync(out, "utf8")).toBe("lines root=/dev/vda quiet\n070701");
  });

  it("--kernel and QEMU's spellings: -kernel, -append, -m with a suffix", async () => {
    const image = file("spelled", multiboot(printer("spelled\n")));
    const { status, stdout } = await hvm(["run", "-kernel", image, "-append", "x", "-m", "8M"]);
    expect([status, stdout]).toEqual([0, "spelled\n"]);
  });

  it("--expect ends the run as soon as the text is there, across borders of writes", async () => {
    // Prints for ever.
    const image = file("endless", multiboot([...printer("tick ").slice(0, -2), 0xeb, 0x100 - 17]));
    const { status, stdout } = await hvm(["run", "--expect", "tick tick t", image]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^tick tick t/);
  });

  it("--expect and a guest that ends without the text", async () => {
    const image = file("short", multiboot(printer("short\n")));
    const { status, stderr } = await hvm(["run", "--expect=long", image]);
    expect(status).toBe(76);
    expect(stderr).toMatch(/ended without sending "long" to COM1/);
  });

  it("--serial writes to a file, or nowhere", async () => {
    const image = file("to-file", multiboot(printer("in a file\n")));
    const out = join(folder, "serial.txt");
    expect(await hvm(["run", `--serial=${out}`, image])).toMatchObject({ status: 0, stdout: "" });
    expect(readFileSync(out, "utf8")).toBe("in a file\n");
    expect((await hvm(["run", "--serial=null", image])).stdout).toBe("");
    expect((await hvm(["run", `--serial=${join(folder, "no", "where")}`, image])).status).toBe(73);
  });

  it("--report: what happened, in a few lines", async () => {
    const { stderr } = await hvm(["run", "--report", firstLight]);
    expect(stderr).toMatch(/^end +halted$/m);
    expect(stderr).toMatch(/^ran +\d+\.\d M instructions in .* MIPS/m);
    expect(stderr).toMatch(/^backdoor .*GETVERSION \(ring 3\)/m);
  });

  it("a folder as initrd becomes an archive that the image gets as its module", async () => {
    mkdirSync(join(folder, "tree", "sub"), { recursive: true });
    writeFileSync(join(folder, "tree", "sub", "file"), "x");
    // mov ecx, [ebx + 24] (mods_addr); mov ecx, [ecx] (mod_start); six times: mov al, [ecx]; out dx, al; inc ecx
    const code = [0x8b, 0x4b, 24, 0x8b, 0x09, 0xba, 0xf8, 3, 0, 0];
    const image = file(
      "with-initrd",
      multiboot([...code, ...Array(6).fill([0x8a, 0x01, 0xee, 0x41]).flat(), 0xfa, 0xf4]),
    );
    expect((await hvm(["run", "--initrd", join(folder, "tree"), image])).stdout).toBe("070701");
    const missing = await hvm(["run", "--initrd", join(folder, "missing"), image]);
    expect([missing.status, missing.stderr]).toEqual([66, expect.stringMatching(/initrd .*missing: no such file/)]);
  });
});
