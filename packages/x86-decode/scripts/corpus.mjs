/*
 * Fetches the Debian packages whose binaries `scripts/binaries.ts` sweeps and unpacks them: `node scripts/corpus.mjs [DIR]`.
 * Needs apt-get and dpkg-deb (Debian or Ubuntu), no root, and changes nothing outside DIR (default: `hvm-corpus` in the
 * directory for temporary files). Prints the files to sweep, largest first, one a line.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What each is there for. 32-bit packages come last. */
const packages = [
  ["libc6", "C and hand-written assembly"],
  ["libssl3", "libcrypto: AES-NI, SHA, AVX-512 from perlasm"],
  ["libavcodec59", "FFmpeg: nasm in every vector extension"],
  ["libopenblas0-pthread", "numeric kernels per processor, FMA and AVX-512"],
  ["libx265-199", "C++ and AVX-512 assembly"],
  ["libdav1d6", "AVX2 and AVX-512 assembly"],
  ["libstdc++6", "C++"],
  ["libclang-cpp19", "C++, large"],
  ["libwebkit2gtk-4.1-0", "C++, large"],
  ["ripgrep", "Rust"],
  ["hugo", "Go"],
  ["docker.io", "Go, large"],
  ["pandoc", "Haskell"],
  ["fp-compiler-3.2.2", "Free Pascal"],
  ["libgfortran5", "Fortran"],
  ["linux-image-amd64", "the kernel"],
  ["libc6:i386", "32-bit C"],
  ["libssl3:i386", "32-bit libcrypto"],
  ["libavcodec59:i386", "32-bit FFmpeg"],
  ["libstdc++6:i386", "32-bit C++"],
];

const directory = resolve(process.argv[2] ?? join(tmpdir(), "hvm-corpus"));
for (const name of ["debs", "files", "lists/partial", "cache/archives/partial"])
  mkdirSync(join(directory, name), { recursive: true });
const options = [
  "APT::Architectures::=amd64",
  "APT::Architectures::=i386",
  `Dir::State::lists=${join(directory, "lists")}`,
  `Dir::Cache=${join(directory, "cache")}`,
  "Debug::NoLocking=1",
  `APT::Sandbox::User=${process.env.USER ?? "root"}`,
].flatMap((option) => ["-o", option]);
const run = (command, args, cwd = directory) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 28 });
/** A list that fails is no failure of the others. */
const apt = (args, cwd) => {
  try {
    return run("apt-get", [...options, ...args], cwd);
  } catch {
    return "";
  }
};

if (readdirSync(join(directory, "lists")).length < 3) apt(["update"]);
for (const [wanted, why] of packages) {
  let name = wanted;
  if (name.startsWith("linux-image"))
    name = /Depends: (linux-image-\S+)/.exec(run("apt-cache", [...options, "depends", name]))?.[1] ?? name;
  const [plain, architecture = "amd64"] = name.split(":");
  const unpacked = join(directory, "files", `${plain}_${architecture}`);
  if (existsSync(unpacked)) continue;
  const find = () =>
    readdirSync(join(directory, "debs")).find((f) => f.startsWith(`${plain}_`) && f.endsWith(`_${architecture}.deb`));
  if (find() === undefined) apt(["download", name], join(directory, "debs"));
  const deb = find();
  if (deb === undefined) {
    console.error(`${wanted} (${why}): apt-get download found none; the sweep goes on without it`);
    continue;
  }
  run("dpkg-deb", ["-x", join("debs", deb), unpacked]);
}

/** The ELF file inside a bzImage: boot protocol 2.08, payload_offset and payload_length. */
function vmlinuxOf(file) {
  const image = readFileSync(file);
  if (image.toString("latin1", 0x202, 0x206) !== "HdrS") return undefined;
  const start = ((image[0x1f1] || 4) + 1) * 512 + image.readUInt32LE(0x248);
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c));
  const tools = { fd377a585a00: "xz", "28b52ffd": "zstd", "1f8b08": "gzip", "02214c18": "lz4", "5d0000": "xz" };
  const tool = Object.entries(tools).find(([magic]) => payload.toString("hex", 0, magic.length / 2) === magic)?.[1];
  if (tool === undefined) return undefined;
  // The payload ends with its unpacked size, which the tools report as garbage.
  writeFileSync(`${file}.payload`, payload.subarray(0, payload.length - 4));
  try {
    return execFileSync(tool, ["-dc", `${file}.payload`], { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    return error.stdout?.length ? error.stdout : undefined;
  }
}

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile()) yield path;
  }
}

const found = new Map();
for (const path of walk(join(directory, "files"))) {
  if (/\/vmlinuz-[^/]*$/.test(path) && !existsSync(`${path}.elf`)) {
    const elf = vmlinuxOf(path);
    if (elf === undefined) console.error(`${path}: the kernel inside could not be unpacked`);
    else writeFileSync(`${path}.elf`, elf);
  }
}
for (const path of walk(join(directory, "files"))) {
  const { size } = statSync(path);
  if (size < 300_000 || /\.(payload|debug)$/.test(path)) continue;
  // Modules by the hundred are more of the same kernel.
  if (path.endsWith(".ko") && size < 2_000_000) continue;
  const head = readFileSync(path).subarray(0, 20);
  if (head.toString("latin1", 0, 4) !== "\x7fELF" || ![3, 62].includes(head.readUInt16LE(18))) continue;
  found.set(path, size);
}
for (const [path] of [...found].sort((a, b) => b[1] - a[1])) console.log(path);
