/*
 * Decoding, lengths and text beside iced-x86, and beside capstone-wasm if it can be resolved from the current directory:
 * `npm run build && node bench/decode.mjs [ELF file] [rounds]`. One process, the subjects in turn, the best round of each in
 * processor time, which other work on the machine disturbs least.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { decodeInstruction, Instruction, instructionLength } from "../dist/index.js";
import { formatIntel } from "../dist/intel.js";

const iced = createRequire(import.meta.url)("iced-x86");
const [file = "/bin/bash", rounds = "15"] = process.argv.slice(2);

const elf = readFileSync(file);
const table = Number(elf.readBigUInt64LE(40));
const [size, count, names] = [elf.readUInt16LE(58), elf.readUInt16LE(60), elf.readUInt16LE(62)];
const nameAt = Number(elf.readBigUInt64LE(table + names * size + 24));
let code;
let ip = 0n;
for (let i = 0; i < count; i++) {
  const at = table + i * size;
  const name = nameAt + elf.readUInt32LE(at);
  if (elf.toString("latin1", name, name + 6) !== ".text\0") continue;
  const start = Number(elf.readBigUInt64LE(at + 24));
  code = new Uint8Array(elf.subarray(start, start + Number(elf.readBigUInt64LE(at + 32)))).slice(0, 4 << 20);
  ip = elf.readBigUInt64LE(at + 16);
}
if (code === undefined) throw new Error(`${file}: no .text section in an ELF64 file`);

const mine = new Instruction();
const theirs = new iced.Instruction();
const formatter = new iced.Formatter(iced.FormatterSyntax.Intel);
const fast = new iced.FastFormatter();
/** Results go here, so that no work can be left out. */
let sink = 0;
const low = Number(BigInt.asIntN(32, ip));

/** Each loop of its own, so that no callback is shared between them. */
const tasks = {
  length: {
    here() {
      let n = 0;
      for (let at = 0; at < code.length; n++) at += instructionLength(code, at, code.length, 64, mine) || 1;
      return n;
    },
  },
  decode: {
    here() {
      let n = 0;
      for (let at = 0; at < code.length; n++)
        at += decodeInstruction(code, at, code.length, 64, (low + at) | 0, 0, mine);
      return n;
    },
    "iced-x86 decodeOut": withIced(() => {}),
  },
  "decode and read operands": {
    here() {
      let n = 0;
      for (let at = 0; at < code.length; n++) {
        at += decodeInstruction(code, at, code.length, 64, (low + at) | 0, 0, mine);
        sink += mine.length + mine.mnemonic + mine.memBase;
        for (let i = 0; i < mine.opCount; i++) sink += mine.opKind(i) + mine.opReg(i);
      }
      return n;
    },
    "iced-x86 decodeOut": withIced(() => {
      sink += theirs.length + theirs.mnemonic + theirs.memoryBase;
      for (let i = 0, n = theirs.opCount; i < n; i++) sink += theirs.opKind(i) + theirs.opRegister(i);
    }),
  },
  "Intel text": {
    here() {
      let n = 0;
      for (let at = 0; at < code.length; n++) {
        at += decodeInstruction(code, at, code.length, 64, (low + at) | 0, 0, mine);
        sink += formatIntel(mine).length;
      }
      return n;
    },
    "iced-x86 FastFormatter": withIced(() => {
      sink += fast.format(theirs).length;
    }),
    "iced-x86 Formatter": withIced(() => {
      sink += formatter.format(theirs).length;
    }),
  },
};

function withIced(each) {
  return new Function(
    "decoderOf",
    "theirs",
    "each",
    `return () => {
      const decoder = decoderOf();
      let n = 0;
      for (; decoder.canDecode; n++) { decoder.decodeOut(theirs); each(); }
      decoder.free();
      return n;
    }`,
  )(
    () => {
      const decoder = new iced.Decoder(64, code, 0);
      decoder.ip = ip;
      return decoder;
    },
    theirs,
    each,
  );
}

try {
  const path = createRequire(`${process.cwd()}/package.json`).resolve("capstone-wasm");
  const { Capstone, Const, loadCapstone } = await import(path);
  await loadCapstone();
  const capstone = new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_64);
  // All objects of a large section at once are more than its memory holds.
  const part = code.subarray(0, 1 << 16);
  tasks["Intel text"]["capstone-wasm disasm"] = () => capstone.disasm(part, { address: Number(ip) }).length;
} catch {
  // Not installed: the table is without it.
}

const best = {};
for (let round = 0; round < Number(rounds); round++)
  for (const [task, subjects] of Object.entries(tasks))
    for (const [subject, run] of Object.entries(subjects)) {
      const start = process.cpuUsage();
      const n = run();
      const { user, system } = process.cpuUsage(start);
      const rate = n / (user + system);
      best[task] ??= {};
      best[task][subject] = Math.max(best[task][subject] ?? 0, rate);
    }
for (const [task, rates] of Object.entries(best))
  for (const [subject, rate] of Object.entries(rates)) {
    const ratio = subject === "here" ? "" : `  here ${(rates.here / rate).toFixed(2)} times as fast`;
    console.log(`${task.padEnd(26)}${subject.padEnd(24)}${rate.toFixed(2).padStart(6)} M/s${ratio}`);
  }
if (sink === 0) console.log("nothing was read");
