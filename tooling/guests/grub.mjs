// A hard disk as installers leave it: GRUB in its first sectors, one ext2 partition with Debian's kernel, busybox and a menu.
// Everything comes from packages, GRUB's own tool included; images made at different times differ in the files' times of change only.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** Other guests that the disk is made of, and what those are made of. */
export const needs = ["busybox", "open-vm-tools", "linux"];

export const resolvePackages = (packages) => packages;

const SECTOR = 512;
const PARTITION_SECTOR = 2048;
const PARTITION_MIB = 24;
/** 2026-01-01, in seconds since 1970. */
const MADE_AT = 1_767_225_600;
const UUID = "564d5868-0000-4000-8000-00000000e2f5";
const MODULES = [
  ...["biosdisk", "part_msdos", "ext2", "normal", "linux", "serial", "terminal"],
  ...["configfile", "echo", "halt", "reboot", "ls", "cat", "test"],
];

const MENU = `serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set timeout=60
menuentry "Debian's Linux" {
  linux /boot/vmlinuz console=ttyS0 cryptomgr.notests
  initrd /boot/initrd
}
`;
/** What runs as the first process: it tells what it finds, and switches off. */
const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
echo "INIT command line: $(/bin/busybox cat /proc/cmdline)"
echo "INIT product: $(/bin/busybox cat /sys/class/dmi/id/product_name)"
echo "INIT processors: $(/bin/busybox grep -c ^processor /proc/cpuinfo)"
echo "INIT acpi: $(/bin/busybox ls /sys/firmware/acpi/tables | /bin/busybox tr '\\n' ' ')"
/bin/busybox poweroff -f
`;

/** `tree`: the unpacked packages. Afterwards it holds disk.img, nothing else. */
export function prepare(tree, guests) {
  const platform = join(tree, "usr", "lib", "grub", "i386-pc");
  const core = join(tree, "core.img");
  run(join(tree, "usr", "bin", "grub-mkimage"), [
    ...["--directory", platform, "--format", "i386-pc", "--output", core],
    ...["--prefix", "(hd0,msdos1)/boot/grub", ...MODULES],
  ]);
  const files = join(tree, "files");
  const boot = join(files, "boot");
  mkdirSync(join(boot, "grub"), { recursive: true });
  writeFileSync(join(boot, "grub", "grub.cfg"), MENU);
  copyFileSync(join(guests, "linux", "vmlinuz"), join(boot, "vmlinuz"));
  const busybox = readFileSync(join(guests, "busybox", "bin", "busybox"));
  writeFileSync(join(boot, "initrd"), archive({ init: Buffer.from(INIT), bin: undefined, "bin/busybox": busybox }));
  settle(files);
  const partition = join(tree, "partition.img");
  run(
    "mke2fs",
    ["-q", "-t", "ext2", "-U", UUID, "-E", `hash_seed=${UUID}`, "-d", files, partition, `${PARTITION_MIB}M`],
    {
      E2FSPROGS_FAKE_TIME: String(MADE_AT),
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
    },
  );
  const disk = withGrub(readFileSync(join(platform, "boot.img")), readFileSync(core), readFileSync(partition));
  for (const entry of readdirSync(tree)) rmSync(join(tree, entry), { recursive: true });
  writeFileSync(join(tree, "disk.new"), disk);
  renameSync(join(tree, "disk.new"), join(tree, "disk.img"));
}

/** Boot sector, GRUB's core behind it up to the partition, a partition table with one active Linux partition. */
function withGrub(bootSector, core, partition) {
  if (core.length > (PARTITION_SECTOR - 1) * SECTOR) throw new Error(`GRUB's core has ${core.length} bytes, too many`);
  const disk = Buffer.alloc(PARTITION_SECTOR * SECTOR + partition.length);
  bootSector.copy(disk);
  core.copy(disk, SECTOR);
  partition.copy(disk, PARTITION_SECTOR * SECTOR);
  // What GRUB has in the table's place is for floppy disks.
  disk.fill(0, 0x1b8, 0x1fe);
  disk.writeUInt32LE(0x4856_4d31, 0x1b8);
  const [active, linux, beyondCylinders] = [0x80, 0x83, [0xfe, 0xff, 0xff]];
  disk.set([active, ...beyondCylinders, linux, ...beyondCylinders], 0x1be);
  disk.writeUInt32LE(PARTITION_SECTOR, 0x1c6);
  disk.writeUInt32LE(partition.length / SECTOR, 0x1ca);
  return disk;
}

/** An initramfs ("newc", Linux driver-api/early-userspace/buffer-format.rst) of programs; undefined is a folder. */
function archive(entries) {
  const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const entry = ([name, bytes], index) => {
    const mode = bytes === undefined ? 0o040755 : 0o100755;
    const fields = [index + 1, mode, 0, 0, 1, MADE_AT, bytes?.length ?? 0, 0, 0, 0, 0, name.length + 1, 0];
    const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
    return Buffer.concat([padded(Buffer.from(head)), padded(bytes ?? Buffer.alloc(0))]);
  };
  return Buffer.concat([...Object.entries(entries), ["TRAILER!!!", undefined]].map(entry));
}

/** One time for everything. */
function settle(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) settle(path);
    utimesSync(path, MADE_AT, MADE_AT);
  }
  utimesSync(folder, MADE_AT, MADE_AT);
}

function run(command, args, env = {}) {
  const libraries = command.includes("/usr/bin/") ? join(command, "..", "..", "..") : undefined;
  const found = libraries
    ? { LD_LIBRARY_PATH: ["lib", "usr/lib"].map((folder) => join(libraries, folder, "x86_64-linux-gnu")).join(":") }
    : {};
  const out = spawnSync(command, args, { encoding: "utf8", env: { ...process.env, ...found, ...env } });
  if (out.status !== 0) throw new Error(`${command}: ${out.error?.message ?? out.stderr.trim()}`);
}
