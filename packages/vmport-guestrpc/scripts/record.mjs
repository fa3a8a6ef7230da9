// Runs a program of open-vm-tools natively on Linux x86-64, serves its backdoor accesses with this package, and writes them down in the form of
// test/recordings. Needs cc, and a build of the packages (tsc). Programs run for real: give vmtoolsd no plugins that halt the machine.
//
//   node scripts/record.mjs FILE PROGRAM [ARGUMENTS…]        RECORD_LIBRARY_PATH: where its libraries are
//
// FILE "-" records nothing and prints what passes over the channels.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createBackdoor, createHost } from "vmport-backdoor";
import { createGuestinfoStore, createGuestrpc } from "vmport-guestrpc";

const [file, ...command] = process.argv.slice(2);
if (command.length === 0) {
  console.error("usage: node scripts/record.mjs FILE PROGRAM [ARGUMENTS…]");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "record-guest-"));
const runner = join(folder, "ptrace-guest");
execFileSync("cc", ["-O1", "-w", "-o", runner, fileURLToPath(new URL("ptrace-guest.c", import.meta.url))]);

const guestinfo = createGuestinfoStore({ initial: { greeting: "hello" } });
const rpc = createGuestrpc({ guestinfo });
const backdoor = createBackdoor({ host: createHost(), message: rpc });
if (file === "-") rpc.observe((event) => console.error(event));

const env = { ...process.env, LD_LIBRARY_PATH: process.env.RECORD_LIBRARY_PATH ?? "" };
const child = spawn(runner, command, { stdio: ["inherit", "inherit", "inherit", "pipe", "pipe"], env });
const answer = (text) => child.stdio[3].write(`${text}\n`);
const lines = createInterface({ input: child.stdio[4] })[Symbol.asyncIterator]();
const next = async () => (await lines.next()).value;

/** Columns of a recording: eax ebx ecx edx esi edi ebp. */
const columns = [0, 3, 1, 2, 6, 7, 5];
const recorded = [];
for (let line = await next(); line !== undefined; line = await next()) {
  const cells = line.split(" ");
  const code = Buffer.from(cells.pop(), "hex");
  const values = cells.map((cell) => BigInt(`0x${cell}`));
  const registers = {
    readRegister32: (index) => Number(BigInt.asUintN(32, values[index])),
    writeRegister32: (index, value) => void (values[index] = (values[index] & ~0xffff_ffffn) | BigInt(value)),
    readRegister64: (index) => values[index],
    writeRegister64: (index, value) => void (values[index] = value),
    cpl: 3,
  };
  const show = () => columns.map((index) => registers.readRegister32(index).toString(16)).join(" ");
  const before = show();
  const fetch = (_linear, length) => code.subarray(0, length);
  const found = backdoor.gpCheck({
    enabled: true,
    errorCode: 0,
    registers,
    rip: values[8],
    csBase: 0n,
    codeBits: 64,
    fetch,
  });
  if (found.code !== "handled") {
    answer("S");
    continue;
  }
  const { direction, port, size, string } = found;
  let bytes = Buffer.alloc(0);
  if (string === undefined) backdoor.access(direction, port, size, registers);
  else {
    const length = Number(values[1]);
    const [source, target] = [values[6], values[7]];
    bytes = Buffer.alloc(length);
    if (direction === "out") {
      answer(`R${source.toString(16)} ${length.toString(16)}`);
      bytes = Buffer.from(await next(), "hex");
    }
    const memory = { read: (i) => bytes[i], canWrite: () => true, write: (i, value) => void (bytes[i] = value) };
    backdoor.highBandwidth({ direction, size, ...string, df: false, memory, registers });
    if (direction === "in" && length > 0) {
      answer(`W${target.toString(16)} ${bytes.toString("hex")}`);
      await next();
    }
  }
  const payload = string === undefined ? "" : ` | ${bytes.toString("hex")}`;
  recorded.push(`${string === undefined ? "" : "rep-"}${direction} | ${before} | ${show()}${payload}`);
  if (file !== "-") writeFileSync(file, `${recorded.join("\n")}\n`);
  values[8] += BigInt(found.length);
  answer(`K${values.map((value) => value.toString(16)).join(" ")}`);
}
rmSync(folder, { recursive: true });
