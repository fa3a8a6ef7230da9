// Runs the images of the system tests on QEMU TCG and Bochs and compares what they print with the tables in the head
// comments of the .asm files and with known-differences.txt. Needs nasm, qemu-system-x86 and bochs.
//
//   node test/system/others.mjs [qemu|bochs] [name …]       exit status 1: a line is new or no longer differs
//   node test/system/others.mjs --write                     rewrites known-differences.txt, keeping the remarks
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const known = join(folder, "known-differences.txt");
const IMAGE_BYTES = 1440 * 1024;
const LIMIT_MS = 60_000;

/** Serial output may be cut in the middle of anything: bytes, not UTF-8. */
const readOr = (file, otherwise, encoding = "latin1") => (existsSync(file) ? readFileSync(file, encoding) : otherwise);

/** Starts a program and gives the lines of `file` once its last line is "end", or when the time is over. */
const watch = (command, args, options, file) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: "ignore", detached: true });
    const stop = () => {
      clearInterval(look);
      clearTimeout(limit);
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
      resolve(readOr(file, "").split("\n").slice(0, -1));
    };
    const look = setInterval(() => {
      if (/^end$/m.test(readOr(file, ""))) stop();
    }, 100);
    const limit = setTimeout(stop, LIMIT_MS);
    child.on("error", reject);
    child.on("close", stop);
  });

const systems = {
  qemu: (scratch, image) => {
    const file = join(scratch, "serial");
    const args = ["-accel", "tcg", "-M", "pc", "-cpu", "max", "-m", "64", "-display", "none", "-no-reboot"];
    args.push("-drive", `file=${image},format=raw,if=floppy`, "-serial", `file:${file}`, "-monitor", "none");
    args.push("-device", "isa-debug-exit,iobase=0x501,iosize=1");
    return watch("qemu-system-x86_64", args, {}, file);
  },
  bochs: (scratch, image) => {
    const file = join(scratch, "serial");
    const rc = [
      "config_interface: textconfig",
      "display_library: term",
      "romimage: file=/usr/share/bochs/BIOS-bochs-latest",
      "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest",
      "megs: 64",
      "cpu: model=corei7_icelake_u, count=1, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=0",
      `floppya: 1_44=${image}, status=inserted`,
      "boot: floppy",
      `com1: enabled=1, mode=file, dev=${file}`,
      `log: ${join(scratch, "log")}`,
      "panic: action=fatal",
      "sound: driver=dummy",
      "clock: sync=none",
      "",
    ];
    writeFileSync(join(scratch, "rc"), rc.join("\n"));
    writeFileSync(join(scratch, "go"), "c\n");
    // The terminal display wants a terminal: script(1) makes one.
    const command = `exec bochs -q -f ${join(scratch, "rc")} -rc ${join(scratch, "go")}`;
    const env = { ...process.env, TERM: "vt100" };
    return watch("script", ["-qfc", command, "/dev/null"], { cwd: scratch, env }, file);
  },
};

async function run(system, name) {
  const scratch = mkdtempSync(join(tmpdir(), "x86-vcpu-system-"));
  try {
    const binary = join(scratch, "image.bin");
    const source = join(folder, `${name}.asm`);
    execFileSync("nasm", ["-w-prefix-lock", "-f", "bin", "-I", folder, "-o", binary, source]);
    const floppy = new Uint8Array(IMAGE_BYTES);
    floppy.set(readFileSync(binary));
    writeFileSync(binary, floppy);
    return await systems[system](scratch, binary);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const expected = (name) =>
  readFileSync(join(folder, `${name}.asm`), "utf8")
    .split("\n")
    .filter((line) => /^; {3}\S.* -> /.test(line))
    .map((line) => line.slice(4).replace(" -> ", ": "));

/** QEMU never sets RF in the flags that a fault saves (SDM vol. 3 §19.3.1.1 has it set); the rest is compared. */
const comparable = (system, line) => (system === "qemu" ? line.replace(/ rf\b/, "") : line);

/** Test → result. */
const toMap = (lines) => new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(": ")), line]));

const args = process.argv.slice(2);
const write = args.includes("--write");
const dump = args.find((arg) => arg.startsWith("--dump="))?.slice(7);
const chosen = args.filter((arg) => arg in systems);
const names = args.filter((arg) => !(arg in systems) && !arg.startsWith("--"));
const all = readdirSync(folder)
  .filter((file) => file.endsWith(".asm"))
  .map((file) => file.slice(0, -4));

// system name | line that it prints | remark
const rows = readOr(known, "", "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split(" | "));
const remarks = new Map(rows.map(([system, name, line, remark]) => [`${system} | ${name} | ${line}`, remark]));
const found = [];
for (const system of chosen.length > 0 ? chosen : Object.keys(systems)) {
  for (const name of names.length > 0 ? names : all) {
    const lines = await run(system, name);
    if (dump !== undefined) writeFileSync(join(dump, `${name}.${system}`), `${lines.join("\n")}\n`);
    const theirs = toMap(lines);
    const ours = expected(name);
    let same = 0;
    let missing = 0;
    for (const wanted of ours) {
      const line = comparable(system, wanted);
      const test = line.slice(0, line.lastIndexOf(": "));
      const their = theirs.get(test);
      if (their === line) same++;
      else if (their === undefined) missing++;
      else found.push(`${system} | ${name} | ${their}`);
    }
    if (missing > 0) found.push(`${system} | ${name} | ends behind: ${lines.at(-1) ?? "the start"}`);
    console.log(`${system} ${name}: ${same} of ${ours.length} as the table says`);
  }
}
const fresh = found.filter((row) => !remarks.has(row));
const looked = (row) =>
  (chosen.length === 0 || chosen.includes(row[0])) && (names.length === 0 || names.includes(row[1]));
const gone = rows.filter((row) => looked(row) && !found.includes(row.slice(0, 3).join(" | ")));
for (const row of fresh) console.log(`new: ${row}`);
for (const row of gone) console.log(`no longer: ${row.join(" | ")}`);
if (write) {
  const head = readOr(known, "", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("#"));
  const kept = rows.filter((row) => !looked(row)).map((row) => row.join(" | "));
  const body = [...kept, ...found.map((row) => `${row} | ${remarks.get(row) ?? "?"}`)].sort();
  writeFileSync(known, `${[...head, ...body].join("\n")}\n`);
}
process.exitCode = write || fresh.length + gone.length === 0 ? 0 : 1;
