/** `hvm disasm`: what the bytes of a file mean: ELF by section and symbol, boot sectors, raw code. */
import {
  ElfError,
  type ElfImage,
  elfSymbols,
  isElf,
  parseElf,
  SectionFlag,
  SectionType,
  sectionBytes,
} from "elf-image";
import { isBootSector } from "guest-loader";
import { DecodeError, Decoder, Instruction } from "x86-decode";
import { formatGnu } from "x86-decode/gnu";
import { formatIntel } from "x86-decode/intel";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { readInput } from "../cli/machine-flags.ts";
import { createStyle, type Style, wantsColour } from "../cli/terminal.ts";
import type { Command, Io } from "./command.ts";

const flags = {
  raw: { kind: "switch", help: "the file is code and nothing else" },
  bitness: { kind: "number", value: "16|32|64", range: [16, 64], help: "of raw code (default 64)" },
  ip: { kind: "number", value: "ADDR", help: "address of raw code's first byte (default 0)" },
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
  readonly labels: ReadonlyMap<bigint, string>;
}

export const disasm: Command = {
  help: () => `${usage}\n\n${flagHelp(flags)}`,
  async run(args, io) {
    const { flags: given, words } = parseFlags("disasm", flags, args);
    const [path, extra] = words;
    if (path === undefined || extra !== undefined)
      throw new CliError(
        ExitCode.Usage,
        path === undefined ? "no file given" : `one file expected, found ${JSON.stringify(extra)} too`,
        `usage: ${usage}`,
      );
    const syntax = given.syntax ?? "intel";
    if (syntax !== "intel" && syntax !== "gnu")
      throw new CliError(ExitCode.Usage, `--syntax: intel or gnu expected, found ${JSON.stringify(syntax)}`);
    const bitness = given.bitness ?? 64;
    if (bitness !== 16 && bitness !== 32 && bitness !== 64)
      throw new CliError(ExitCode.Usage, `--bitness: 16, 32 or 64 expected, found ${bitness}`);
    const bytes = readInput(path, "file");
    const raw = given.raw === true || given.bitness !== undefined || given.ip !== undefined;
    const parts = raw
      ? [{ title: undefined, bytes, ip: BigInt(given.ip ?? 0), bitness, labels: new Map<bigint, string>() } as const]
      : partsOf(path, bytes);
    const format = syntax === "intel" ? formatIntel : formatGnu;
    const style = createStyle(!given.json && wantsColour(io.stdout, io.env));
    for (const part of parts) await print(part, format, given.json === true, style, io);
    return ExitCode.Ok;
  },
};

function partsOf(path: string, bytes: Uint8Array): Part[] {
  if (isElf(bytes)) return elfParts(path, bytes);
  if (isBootSector(bytes))
    return [{ title: "boot sector", bytes: bytes.subarray(0, 510), ip: 0x7c00n, bitness: 16, labels: new Map() }];
  throw new CliError(
    ExitCode.BadImage,
    `${path}: neither ELF nor a boot sector`,
    "for plain code give --raw --bitness=16|32|64 --ip=ADDR",
  );
}

function elfParts(path: string, bytes: Uint8Array): Part[] {
  let image: ElfImage;
  try {
    image = parseElf(bytes);
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    throw new CliError(ExitCode.BadImage, `${path}: ${error.message}`);
  }
  if (image.machine !== 3 && image.machine !== 62)
    throw new CliError(
      ExitCode.BadImage,
      `${path}: ELF machine ${image.machine} at offset 18; 3 (i386) or 62 (x86-64) expected`,
    );
  const labels = new Map(elfSymbols(image).map(({ value, name }) => [value, name]));
  return image.sections
    .filter((section) => section.type === SectionType.Progbits && section.flags & SectionFlag.Execute)
    .map((section) => ({
      title: section.name,
      bytes: sectionBytes(image, section),
      ip: section.address,
      bitness: image.bits,
      labels,
    }));
}

async function print(
  part: Part,
  format: (insn: Instruction) => string,
  json: boolean,
  style: Style,
  io: Io,
): Promise<void> {
  const width = part.bitness / 4;
  const decoder = new Decoder(part.bytes, { bitness: part.bitness, ip: part.ip });
  const insn = new Instruction();
  let out = json || part.title === undefined ? "" : `${style.bold(`section ${part.title}`)}\n`;
  for (let at = 0; decoder.next(insn); at = decoder.position) {
    const length = decoder.position - at;
    const { ip } = insn;
    const hex = Buffer.from(part.bytes.subarray(at, at + length)).toString("hex");
    const text = insn.error === DecodeError.None ? format(insn) : "(bad)";
    const label = json ? undefined : part.labels.get(ip);
    if (label !== undefined) out += `\n${style.yellow(`${label}:`)}\n`;
    out += json
      ? `${JSON.stringify({ ip: `0x${ip.toString(16)}`, bytes: hex, text })}\n`
      : `${style.dim(ip.toString(16).padStart(width, "0"))}  ${style.dim(hex.padEnd(22))}  ${colourText(text, style)}\n`;
    if (out.length >= WRITE_AT) {
      if (io.stdout.write(out) === false) await new Promise<void>((resolve) => setImmediate(resolve));
      out = "";
    }
  }
  io.stdout.write(out);
}

const colourText = (text: string, style: Style): string => {
  const space = text.indexOf(" ");
  return space < 0 ? style.cyan(text) : `${style.cyan(text.slice(0, space))}${text.slice(space)}`;
};
