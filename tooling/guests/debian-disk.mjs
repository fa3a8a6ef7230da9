// A disk image with Debian on it, made by debootstrap, with cloud-init, open-vm-tools and an SSH server from unmodified packages:
//
//   node tooling/guests/debian-disk.mjs [DIR]
//
// writes disk.img, vmlinuz, vmlinux, initrd.img (Debian's own, by its initramfs-tools) and .packages (their names and versions) into DIR, by
// default .cache/guests/debian-disk. Takes about three minutes; needs root, apt-get, debootstrap, mke2fs and 4 GB of room. Packages come from
// where this machine's apt has its Debian from. Nothing of the machine is changed, no loop device is used.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { unpackKernel } from "./linux.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(here, "..", "..", ".cache", "guests", "debian-disk"));

/** What debootstrap's smallest variant lacks of a system that boots by itself. */
const BASE = ["systemd-sysv", "udev", "dbus"];
const PACKAGES = [
  ...["linux-image-amd64", "initramfs-tools", "zstd"],
  ...["cloud-init", "open-vm-tools", "openssh-server"],
  ...["sudo", "ifupdown", "isc-dhcp-client", "iproute2", "e2fsprogs"],
];
const IMAGE_SIZE = "2G";
const UUID = "564d5868-0000-4000-8000-0000000000d1";
/** Of the file system's own dates. Before every guest's clock: fsck refuses a superblock from the future. */
const SUPERBLOCK_TIME = "1735689600";

/** What says how two builds differ, or who built. Logs and caches come again by themselves. */
const REMOVED = [
  ...["etc/machine-id", "var/lib/dbus/machine-id", "etc/.pwd.lock", "var/lib/systemd/random-seed"],
  ...["var/cache/apt", "var/lib/apt/lists", "var/cache/ldconfig/aux-cache", "var/cache/debconf/templates.dat-old"],
  ...["var/cache/debconf/config.dat-old", "var/lib/dpkg/status-old", "var/lib/dpkg/diversions-old"],
  ...["var/log/bootstrap.log", "var/log/dpkg.log", "var/log/alternatives.log", "var/log/apt", "etc/resolv.conf"],
];
/** SSH's host keys are made at the first boot, by cloud-init. */
const HOST_KEY = /^ssh_host_/;

const FILES = {
  "etc/hostname": "debian\n",
  "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
  "etc/fstab": "/dev/vda / ext4 errors=remount-ro 0 1\n",
  // As Debian's installer and its cloud images do: without one cloud-init wants en_US.UTF-8, which nobody made.
  "etc/default/locale": "LANG=C.UTF-8\n",
};

build();

function build() {
  if (process.getuid?.() !== 0) fail("run it as root: debootstrap and chroot need that");
  for (const tool of ["apt-get", "debootstrap", "mke2fs", "chroot", "unshare"])
    if (run("sh", ["-c", `command -v ${tool}`], { mayFail: true }).status !== 0)
      fail(`${tool} not found; on Debian: apt-get install debootstrap e2fsprogs`);
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(join(dirname(target), ".debian-disk-"));
  process.on("exit", () => rmSync(work, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
  const root = join(work, "root");
  const out = join(work, "out");
  mkdirSync(out);

  const sources = aptSources();
  step("debootstrap");
  const include = `--include=${BASE.join(",")}`;
  run("debootstrap", ["--variant=minbase", "--merged-usr", include, sources[0].suite, root, sources[0].site]);
  const put = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  // Before the packages: what they configure reads these.
  for (const [path, text] of Object.entries(FILES)) put(path, text);
  put("etc/apt/sources.list", sources.map(({ line }) => `${line}\n`).join(""));
  // No service starts inside.
  put("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n");
  chmodSync(join(root, "usr/sbin/policy-rc.d"), 0o755);

  inside(root, "apt-get update");
  const epoch = archiveDate(root);
  step("packages");
  const apt = "apt-get --yes --no-install-recommends --option Dpkg::Use-Pty=0";
  inside(root, `${apt} dist-upgrade && ${apt} install ${PACKAGES.join(" ")}`, epoch);
  rmSync(join(root, "usr/sbin/policy-rc.d"));

  step("image");
  writeFileSync(join(out, ".packages"), inside(root, "dpkg-query --show").stdout);
  for (const path of REMOVED) rmSync(join(root, path), { recursive: true, force: true });
  for (const name of readdirSync(join(root, "etc/ssh"))) if (HOST_KEY.test(name)) rmSync(join(root, "etc/ssh", name));
  for (const folder of ["var/cache/apt/archives/partial", "var/lib/apt/lists/partial", "var/log/apt"])
    mkdirSync(join(root, folder), { recursive: true });
  // Empty: the machine gets its own at boot.
  put("etc/machine-id", "");
  put("etc/resolv.conf", "");
  const boot = join(root, "boot");
  const the = (prefix) =>
    join(
      boot,
      readdirSync(boot).find((name) => name.startsWith(prefix)),
    );
  copyFileSync(the("vmlinuz-"), join(out, "vmlinuz"));
  copyFileSync(the("initrd.img-"), join(out, "initrd.img"));
  writeFileSync(join(out, "vmlinux"), unpackKernel(readFileSync(join(out, "vmlinuz"))));
  run("find", [root, "-newermt", `@${epoch}`, "-exec", "touch", "--no-dereference", `--date=@${epoch}`, "{}", "+"]);
  run(
    "mke2fs",
    [
      "-q",
      "-t",
      "ext4",
      "-L",
      "root",
      "-U",
      UUID,
      "-E",
      `hash_seed=${UUID}`,
      "-d",
      root,
      join(out, "disk.img"),
      IMAGE_SIZE,
    ],
    { env: { E2FSPROGS_FAKE_TIME: SUPERBLOCK_TIME } },
  );
  rmSync(target, { recursive: true, force: true });
  renameSync(out, target);
  console.log(`debian-disk: in ${target}`);
}

/** Where apt has Debian's main from: the release first, then its updates and security updates. */
function aptSources() {
  const format = "$(ORIGIN) $(SITE) $(RELEASE) $(COMPONENT) $(ARCHITECTURE)";
  const { stdout } = run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  const rows = stdout
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([origin, , , component, arch]) => origin === "Debian" && component === "main" && arch === "amd64")
    .map(([, site, suite]) => ({ site, suite, line: `deb ${site} ${suite} main` }))
    .sort((a, b) => a.suite.length - b.suite.length);
  if (rows.length === 0) fail("apt knows no Debian for amd64; run `apt-get update` on a Debian machine");
  return rows.filter(({ suite }) => suite.startsWith(rows[0].suite));
}

/** When the newest of the lists was made: no file of a package is younger. Seconds since 1970. */
function archiveDate(root) {
  const lists = join(root, "var/lib/apt/lists");
  const dates = readdirSync(lists)
    .filter((name) => name.endsWith("Release"))
    .map((name) => Date.parse(/^Date: (.*)$/m.exec(readFileSync(join(lists, name), "utf8"))?.[1] ?? ""));
  return String(Math.max(...dates) / 1000);
}

/** A shell command in the new system. Its /proc is its own and goes with it. */
function inside(root, command, epoch) {
  const mount = 'mount -t proc proc "$0/proc" && exec chroot "$0" sh -c "$1"';
  return run("unshare", ["--mount", "--", "sh", "-c", mount, root, command], {
    env: { ...(epoch ? { SOURCE_DATE_EPOCH: epoch } : {}), PYTHONHASHSEED: "0" },
  });
}

function run(command, args, { env = {}, mayFail = false } = {}) {
  const result = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 28,
    env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", ...env },
  });
  if (result.status !== 0 && !mayFail) {
    const said = `${result.stdout ?? ""}\n${result.stderr ?? ""}`.trim().split("\n").slice(-5).join("\n");
    fail(`${command} ${args.join(" ")}\n${result.error?.message ?? said}`);
  }
  return result;
}

function step(name) {
  console.log(`debian-disk: ${name} …`);
}

function fail(message) {
  console.error(`debian-disk: ${message}`);
  process.exit(1);
}
