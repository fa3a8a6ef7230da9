// Debian's kernel as two files, vmlinuz as it is and vmlinux out of it, and an initramfs tree with busybox and open-vm-tools.
// Of the modules only those of virtio devices and of ACPI's buttons come along: everything else that a machine of ours needs is in the
// kernel itself.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** What the packages depend on: `linux-image-amd64` names the present kernel's package. */
export function resolvePackages(packages, run) {
  return packages.map((name) => {
    const out = run("apt-cache", ["depends", "--no-recommends", "--no-suggests", name]);
    const real = /^ *Depends: (linux-image-[0-9]\S*)$/m.exec(out.stdout ?? "")?.[1];
    if (!real) throw new Error(`${name}: its kernel's package is not known to apt-cache`);
    return real;
  });
}

/** Other guests that the tree is made of. */
export const needs = ["busybox", "open-vm-tools"];

/** `tree`: the unpacked package. Afterwards it holds vmlinuz, vmlinux and initramfs/, nothing else. */
export function prepare(tree, guests) {
  const boot = join(tree, "boot");
  const name = readdirSync(boot).find((entry) => entry.startsWith("vmlinuz-"));
  if (!name) throw new Error("the package has no boot/vmlinuz-*");
  renameSync(join(boot, name), join(tree, "vmlinuz"));
  writeFileSync(join(tree, "vmlinux"), unpackKernel(readFileSync(join(tree, "vmlinuz"))));
  makeInitramfs(join(tree, "initramfs"), guests);
  copyModules(tree, DISK_MODULES, join(tree, "initramfs", "modules"));
  copyModules(tree, DEVICE_MODULES, join(tree, "initramfs", "devices"));
  for (const entry of readdirSync(tree))
    if (entry !== "initramfs" && entry !== "vmlinuz" && entry !== "vmlinux")
      rmSync(join(tree, entry), { recursive: true });
}

/** What /init loads, in this order: the modules of a virtio disk, and a file system for it. */
const DISK_MODULES = [
  ...[
    "virtio/virtio_ring",
    "virtio/virtio",
    "virtio/virtio_pci_legacy_dev",
    "virtio/virtio_pci_modern_dev",
    "virtio/virtio_pci",
  ],
  "block/virtio_blk",
].map((name) => `drivers/${name}`);

/** And those of the other devices, when it is to look at them. */
const DEVICE_MODULES = [
  ...["net/core/failover", "drivers/net/net_failover", "drivers/net/virtio_net"],
  ...["drivers/char/virtio_console", "drivers/acpi/button", "drivers/input/evdev"],
];

function copyModules(tree, names, target) {
  const modules = join(tree, "lib", "modules");
  const kernel = join(modules, readdirSync(modules)[0], "kernel");
  mkdirSync(target, { recursive: true });
  names.forEach((name, index) => {
    const number = String(index).padStart(2, "0");
    copyFileSync(join(kernel, `${name}.ko`), join(target, `${number}-${name.split("/").at(-1)}.ko`));
  });
}

/** The ELF image inside a bzImage: payload_offset and payload_length of the setup header (boot protocol 2.08); xz, then four bytes of size. */
export function unpackKernel(bytes) {
  if (bytes.toString("latin1", 0x202, 0x206) !== "HdrS") throw new Error("vmlinuz: no HdrS at 0x202");
  const start = (bytes[0x1f1] + 1) * 512 + bytes.readUInt32LE(0x248);
  const length = bytes.readUInt32LE(0x24c);
  const payload = bytes.subarray(start, start + length - 4);
  const out = spawnSync("xz", ["--decompress", "--stdout", "--single-stream"], { input: payload, maxBuffer: 2 ** 30 });
  if (out.status !== 0) throw new Error(`xz: ${out.error?.message ?? out.stderr.toString().trim()}`);
  const wanted = bytes.readUInt32LE(start + length - 4);
  if (out.stdout.length !== wanted) throw new Error(`vmlinux: ${wanted} bytes expected, found ${out.stdout.length}`);
  return out.stdout;
}

function makeInitramfs(target, guests) {
  const tools = join(guests, "open-vm-tools");
  const copy = (from, to, wanted) => {
    if (!existsSync(from)) throw new Error(`${from}: not there`);
    mkdirSync(join(target, to), { recursive: true });
    for (const name of readdirSync(from))
      if (wanted.test(name))
        cpSync(join(from, name), join(target, to, name), { recursive: true, verbatimSymlinks: true });
  };
  copy(join(guests, "busybox", "bin"), "bin", /^busybox$/);
  copy(join(tools, "usr", "bin"), "usr/bin", /^(vmware-(checkvm|rpctool|toolbox-cmd)|vmtoolsd)$/);
  copy(join(tools, "lib64"), "lib64", /^ld-linux/);
  const libraries =
    /^(?!libmvec|libthread_db|libnsl|libnss_(?!files)|libBroken|libanl|libmemusage|libpcprofile|libc_malloc).*\.so/;
  copy(join(tools, "lib", "x86_64-linux-gnu"), "lib/x86_64-linux-gnu", libraries);
  copy(join(tools, "usr", "lib", "x86_64-linux-gnu"), "usr/lib/x86_64-linux-gnu", libraries);
  copy(join(tools, "usr", "lib", "x86_64-linux-gnu"), "usr/lib/x86_64-linux-gnu", /^open-vm-tools$/);
  copy(
    join(tools, "etc", "vmware-tools"),
    "etc/vmware-tools",
    /^(tools\.conf|scripts|statechange\.subr|.*-vm-default)$/,
  );
  copyFileSync(join(here, "initramfs", "init"), join(target, "init"));
  chmodSync(join(target, "init"), 0o755);
  // What the tools call when the host asks for a shutdown.
  mkdirSync(join(target, "sbin"), { recursive: true });
  copyFileSync(join(here, "initramfs", "shutdown"), join(target, "sbin", "shutdown"));
  chmodSync(join(target, "sbin", "shutdown"), 0o755);
  writeFileSync(join(target, "etc", "os-release"), 'PRETTY_NAME="Initramfs of the simulated HVM"\nID=debian\n');
  writeFileSync(join(target, "etc", "passwd"), "root:x:0:0:root:/:/bin/sh\n");
  writeFileSync(join(target, "etc", "group"), "root:x:0:\n");
}
