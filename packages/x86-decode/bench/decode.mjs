// Decoding and text beside iced-x86 on an ELF file's .text: `node bench/decode.mjs [file] [rounds]` (after a build).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { decodeInstruction, Instruction } from "../dist/index.js";
import { formatIntel } from "../dist/intel.js";

const iced = createRequire(import.meta.url)("iced-x86");
const [file = "/bin/bash", rounds = "7"] = process.argv.slice(2);
const elf = readFileSync(file);
const sections = Number(elf.readBigUInt64LE(40));
const [size, count, names] = [elf.readUInt16LE(58), elf.readUInt16LE(60), elf.readUInt16LE(62)];
const nameAt = Number(elf.readBigUInt64LE(sections + names * size + 24));
let code;
let ip = 0n;
for (let i = 0; i < count; i++) {
  const at = sections + i * size;
  const name = nameAt + elf.readUInt32LE(at);
  if (elf.toString("latin1", name, name + 6) !== ".text\0") continue;
  const start = Number(elf.readBigUInt64LE(at + 24));
  code = new Uint8Array(elf.subarray(start, start + Number(elf.readBigUInt64LE(at + 32)))).slice(0, 4 << 20);
  ip = elf.readBigUInt64LE(at + 16);
}

const mine = new Instruction();
const theirs = new iced.Instruction();
const formatter = new iced.Formatter(iced.FormatterSyntax.Intel);
const fast = new iced.FastFormatter();
let sink = 0;

function ours(each) {
  let n = 0;
  let low = Number(BigInt.asIntN(32, ip));
  for (let at = 0; at < code.length; n++) {
    const length = decodeInstruction(code, at, code.length, 64, low, 0, mine);
    each();
    at += length;
    low = (low + length) | 0;
  }
  return n;
}
function icedRun(each) {
  const decoder = new iced.Decoder(64, code, 0);
  decoder.ip = ip;
  let n = 0;
  while (decoder.canDecode) {
    decoder.decodeOut(theirs);
    each();
    n++;
  }
  decoder.free();
  return n;
}

const nothing = () => {};
const tasks = {
  "decode, here": () => ours(nothing),
  "decode, iced decodeOut": () => icedRun(nothing),
  "decode and read operands, here": () =>
    ours(() => {
      sink += mine.length + mine.mnemonic + mine.memBase;
      for (let i = 0; i < mine.opCount; i++) sink += mine.opKind(i) + mine.opReg(i);
    }),
  "decode and read operands, iced": () =>
    icedRun(() => {
      sink += theirs.length + theirs.mnemonic + theirs.memoryBase;
      for (let i = 0, n = theirs.opCount; i < n; i++) sink += theirs.opKind(i) + theirs.opRegister(i);
    }),
  "Intel text, here": () =>
    ours(() => {
      sink += formatIntel(mine).length;
    }),
  "Intel text, iced FastFormatter": () =>
    icedRun(() => {
      sink += fast.format(theirs).length;
    }),
  "Intel text, iced Formatter": () =>
    icedRun(() => {
      sink += formatter.format(theirs).length;
    }),
};
const best = {};
for (let round = 0; round < Number(rounds); round++)
  for (const [name, run] of Object.entries(tasks)) {
    // Processor time: other work on the machine disturbs it least.
    const start = process.cpuUsage();
    const n = run();
    const rate = n / process.cpuUsage(start).user;
    best[name] = Math.max(best[name] ?? 0, rate);
  }
for (const [name, rate] of Object.entries(best)) console.log(`${name.padEnd(36)} ${rate.toFixed(2)} M/s`);
if (sink === 0) console.log("nothing was read");
