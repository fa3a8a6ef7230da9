// Debian's kernel as two files, vmlinuz as it is and vmlinux out of it, and an initramfs tree with busybox and open-vm-tools.
// The modules stay behind: the kernel has in itself what a machine of ours needs.
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
  for (const entry of readdirSync(tree))
    if (entry !== "vmlinuz" && entry !== "vmlinux") rmSync(join(tree, entry), { recursive: true });
  makeInitramfs(join(tree, "initramfs"), guests);
}

/** The ELF image inside a bzImage: payload_offset and payload_length of the setup header (boot protocol 2.08); xz, then four bytes of size. */
function unpackKernel(bytes) {
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
  copy(join(tools, "etc", "vmware-tools"), "etc/vmware-tools", /^(tools|vgauth)\.conf$/);
  copyFileSync(join(here, "initramfs", "init"), join(target, "init"));
  chmodSync(join(target, "init"), 0o755);
  writeFileSync(join(target, "etc", "passwd"), "root:x:0:0:root:/:/bin/sh\n");
  writeFileSync(join(target, "etc", "group"), "root:x:0:\n");
}
