/** `hvm disasm`: what the bytes of a file mean: ELF by section and symbol, boot sectors, raw code. */
import {
  ElfError,
  type ElfImage,
  type ElfSymbol,
  ElfType,
  elfSymbols,
  isElf,
  parseElf,
  SectionFlag,
  SectionType,
  SegmentFlag,
  SegmentType,
  sectionBytes,
} from "elf-image";
import { isBootSector } from "guest-loader";
import { DecodeError, Decoder, Instruction, OpKind, Register } from "x86-decode";
import { formatGnu, gnuTokens } from "x86-decode/gnu";
import { formatIntel, intelTokens, type TokenKind } from "x86-decode/intel";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, oneFile, parseFlags } from "../cli/flags.ts";
import { createStyle, type Style, visible, wantsColour } from "../cli/terminal.ts";
import { readInput } from "../node/read-input.ts";
import type { Command, Io } from "./command.ts";

const flags = {
  raw: { kind: "switch", help: "the file is code and nothing else" },
  bitness: { kind: "number", value: "16|32|64", range: [16, 64], help: "of raw code (default 64)" },
  ip: { kind: "text", value: "ADDR", help: "address of raw code's first byte (default 0)" },
  syntax: { kind: "text", value: "intel|gnu", help: "default intel" },
  json: { kind: "switch", help: "one object per line and instruction: ip, bytes, text" },
  help: { kind: "switch", aliases: ["h"], help: "this text" },
} as const satisfies FlagTable;

const usage = "hvm disasm FILE [flags]";
/** Characters gathered before a write: large files stream, and do not pile up. */
const WRITE_AT = 1 << 16;

interface Part {
  readonly title: string | undefined;
  readonly bytes: Uint8Array;
  readonly ip: bigint;
  readonly bitness: 16 | 32 | 64;
  /** Symbols of this part, by address, a name each. */
  readonly labels: readonly Label[];
  /** Symbols that its operands may point to. */
  readonly targets: readonly Label[];
}

interface Label {
  readonly at: bigint;
  readonly end: bigint;
  readonly name: string;
}

interface Syntax {
  readonly text: (instruction: Instruction) => string;
  readonly tokens: typeof intelTokens;
}

const syntaxes: Readonly<Record<string, Syntax>> = {
  intel: { text: formatIntel, tokens: intelTokens },
  gnu: { text: formatGnu, tokens: gnuTokens },
};

export const disasm: Command = {
  help: () => `${usage}\n\n${flagHelp(flags)}`,
  async run(args, io) {
    const { flags: given, words } = parseFlags("disasm", flags, args);
    const path = oneFile(words, usage);
    const syntax = syntaxes[given.syntax ?? "intel"];
    if (syntax === undefined)
      throw new CliError(ExitCode.Usage, `--syntax: intel or gnu expected, found ${JSON.stringify(given.syntax)}`);
    const ip = parseAddress(given.ip ?? "0");
    const bitness = given.bitness ?? 64;
    if (bitness !== 16 && bitness !== 32 && bitness !== 64)
      throw new CliError(ExitCode.Usage, `--bitness: 16, 32 or 64 expected, found ${bitness}`);
    const bytes = readInput(path, "file");
    const raw = given.raw === true || given.bitness !== undefined || given.ip !== undefined;
    const parts = raw
      ? [{ title: undefined, bytes, ip, bitness, labels: [], targets: [] } as const]
      : partsOf(path, bytes);
    const colour = given.json !== true && wantsColour(io.stdout, io.env);
    for (const part of parts)
      await (given.json === true ? printJson(part, syntax, io) : print(part, syntax, colour, io));
    return ExitCode.Ok;
  },
};

/** 64 bits, decimal or 0x. A number would round. */
function parseAddress(text: string): bigint {
  if (/^(0x[0-9a-f_]+|[0-9]+)$/i.test(text)) {
    const value = BigInt(text.replaceAll("_", ""));
    if (value < 1n << 64n) return value;
  }
  throw new CliError(ExitCode.Usage, `--ip: an address of up to 64 bits expected, found ${JSON.stringify(text)}`);
}

function partsOf(path: string, bytes: Uint8Array): Part[] {
  if (isElf(bytes)) return elfParts(path, bytes);
  if (isBootSector(bytes))
    return [{ title: "boot sector", bytes: bytes.subarray(0, 510), ip: 0x7c00n, bitness: 16, labels: [], targets: [] }];
  throw new CliError(
    ExitCode.BadImage,
    `${path}: neither ELF nor a boot sector`,
    "for plain code give --raw --bitness=16|32|64 --ip=ADDR",
  );
}

function elfParts(path: string, bytes: Uint8Array): Part[] {
  let image: ElfImage;
  let symbols: readonly ElfSymbol[];
  try {
    image = parseElf(bytes);
    symbols = elfSymbols(image);
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    throw new CliError(ExitCode.BadImage, `${path}: ${error.message}`);
  }
  if (image.machine !== 3 && image.machine !== 62)
    throw new CliError(
      ExitCode.BadImage,
      `${path}: ELF machine ${image.machine} at offset 18; 3 (i386) or 62 (x86-64) expected`,
    );
  // In a relocatable file addresses start anew in each section, and operands point nowhere yet.
  const isRelocatable = image.type === ElfType.Relocatable;
  const targets = isRelocatable ? [] : labelsOf(symbols);
  const parts: Part[] = [];
  for (const [index, section] of image.sections.entries())
    if (section.type === SectionType.Progbits && section.flags & SectionFlag.Execute)
      parts.push({
        title: `section ${section.name}`,
        bytes: sectionBytes(image, section),
        ip: section.address,
        bitness: image.bits,
        labels: labelsOf(symbols.filter((symbol) => symbol.section === index)),
        targets,
      });
  // Without section headers, what is loaded as code.
  if (parts.length === 0)
    for (const segment of image.segments)
      if (segment.type === SegmentType.Load && segment.flags & SegmentFlag.Execute)
        parts.push({
          title: `segment at offset 0x${segment.offset.toString(16)}`,
          bytes: bytes.subarray(segment.offset, segment.offset + segment.fileSize),
          ip: segment.virtualAddress,
          bitness: image.bits,
          labels: targets,
          targets,
        });
  if (parts.length === 0)
    throw new CliError(ExitCode.BadImage, `${path}: no executable section and no executable segment`);
  return parts;
}

const STT_NOTYPE = 0;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;

/** By address; of several names at one place a function's, else the first. */
function labelsOf(symbols: readonly ElfSymbol[]): Label[] {
  const rank = ({ type }: ElfSymbol): number => (type === STT_FUNC || type === STT_GNU_IFUNC ? 0 : 1);
  const sorted = symbols
    .filter(({ section, type }) => section !== 0 && [STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_GNU_IFUNC].includes(type))
    .sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : rank(a) - rank(b)));
  return sorted
    .filter((symbol, i) => symbol.value !== sorted[i - 1]?.value)
    .map(({ name, value, size }) => ({ at: value, end: value + size, name: visible(name) }));
}

/** `main`, `main+0x12`, or undefined beyond all symbols. */
function nameOf(address: bigint, labels: readonly Label[]): string | undefined {
  let from = 0;
  let to = labels.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (labels[middle]!.at <= address) from = middle + 1;
    else to = middle;
  }
  const label = labels[from - 1];
  if (label === undefined) return undefined;
  if (label.at === address) return label.name;
  return address < label.end ? `${label.name}+0x${(address - label.at).toString(16)}` : undefined;
}

/** The address that an instruction names, if it does. */
const targetOf = (instruction: Instruction): bigint | undefined =>
  instruction.opKind0 === OpKind.NearBranch
    ? instruction.branchTarget
    : instruction.memBase === Register.RIP || instruction.memBase === Register.EIP
      ? instruction.displacement
      : undefined;

/** Writes what has piled up, and waits while the reader is behind. */
async function flush(text: string, io: Io): Promise<void> {
  io.stdout.write(text);
  if (io.stdout.writableNeedDrain === true && io.stdout.once !== undefined)
    await new Promise<void>((resolve) => io.stdout.once?.("drain", resolve));
}

/** Instruction by instruction: bytes of it, and whether it is one. */
function* walk(part: Part): Generator<{ insn: Instruction; hex: string; valid: boolean }> {
  const decoder = new Decoder(part.bytes, { bitness: part.bitness, ip: part.ip });
  const insn = new Instruction();
  const { buffer, byteOffset, length } = part.bytes;
  const bytes = Buffer.from(buffer, byteOffset, length);
  for (let at = 0; decoder.next(insn); at = decoder.position)
    yield { insn, hex: bytes.toString("hex", at, decoder.position), valid: insn.error === DecodeError.None };
}

async function printJson(part: Part, syntax: Syntax, io: Io): Promise<void> {
  let out = "";
  for (const { insn, hex, valid } of walk(part)) {
    out += `${JSON.stringify({ ip: `0x${insn.ip.toString(16)}`, bytes: hex, text: valid ? syntax.text(insn) : "(bad)" })}\n`;
    if (out.length < WRITE_AT) continue;
    await flush(out, io);
    out = "";
  }
  await flush(out, io);
}

async function print(part: Part, syntax: Syntax, colour: boolean, io: Io): Promise<void> {
  const style = createStyle(colour);
  const width = part.bitness / 4;
  let label = 0;
  let out = part.title === undefined ? "" : `${style.bold(part.title)}\n`;
  for (const { insn, hex, valid } of walk(part)) {
    const { ip } = insn;
    while (label < part.labels.length && part.labels[label]!.at < ip) label++;
    if (part.labels[label]?.at === ip) out += `\n${style.yellow(`${part.labels[label]!.name}:`)}\n`;
    const text = !valid ? style.red("(bad)") : colour ? coloured(insn, syntax, style) : syntax.text(insn);
    const target = valid && part.targets.length > 0 ? targetOf(insn) : undefined;
    const name = target === undefined ? undefined : nameOf(target, part.targets);
    const comment = name === undefined ? "" : `  ${style.yellow(`<${name}>`)}`;
    out += `${style.dim(ip.toString(16).padStart(width, "0"))}  ${style.dim(hex.padEnd(22))}  ${text}${comment}\n`;
    if (out.length < WRITE_AT) continue;
    await flush(out, io);
    out = "";
  }
  await flush(out, io);
}

const colours: Readonly<Record<TokenKind, keyof Style | undefined>> = {
  prefix: "magenta",
  mnemonic: "cyan",
  register: "green",
  number: "blue",
  keyword: "dim",
  symbol: "yellow",
  decorator: "magenta",
  punctuation: undefined,
};

const coloured = (instruction: Instruction, syntax: Syntax, style: Style): string =>
  syntax
    .tokens(instruction)
    .map(({ kind, text }) => {
      const colour = colours[kind];
      return colour === undefined ? text : style[colour](text);
    })
    .join("");
