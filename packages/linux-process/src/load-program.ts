/**
 * Loading: ELF segments, the interpreter, and the initial stack with arguments, environment and auxiliary vector.
 *
 * Sources: AMD64 psABI 1.0 §3.4, i386 psABI 1.1 §2.3 (process initialisation); Linux fs/binfmt_elf.c for placement and auxv order.
 */
import { ElfError, type ElfImage, ElfType, parseElf, SegmentFlag, SegmentType } from "elf-image";
import { type Abi, abis, STACK_BYTES } from "./abi.ts";
import { type AddressSpace, MMAP_MIN_ADDRESS, PAGE, Prot } from "./address-space.ts";
import type { FileTree, HostFile } from "./files.ts";
import { ProcessError } from "./process-error.ts";
import { vsyscallPage, vsyscallPlaces } from "./vsyscall-page.ts";

/** Linux: a quarter of the stack limit. */
const MAX_ARGUMENT_BYTES = STACK_BYTES / 4;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_IMAGE_BYTES = 1024 * 1024 * 1024;

export interface ProgramOptions {
  readonly path: string;
  /** Where a relative path starts. */
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly gid: number;
  /** 16 bytes for AT_RANDOM: stack protector and pointer guard come from them. */
  readonly random: Uint8Array;
  /** CPUID.1:EDX for AT_HWCAP. */
  readonly hwcap: number;
}

export interface LoadedProgram {
  readonly entry: bigint;
  readonly stackPointer: bigint;
  /** First byte behind the program's data: where brk starts. */
  readonly brkStart: number;
  /** The program's file, absolute and without links. */
  readonly path: string;
  /** Where the page of AT_SYSINFO lies; i386 only. */
  readonly vsyscall: number | undefined;
}

/** A file that may be run, read and checked. */
export interface ProgramImage {
  readonly abi: Abi;
  readonly image: ElfImage;
  readonly file: HostFile;
  /** Absolute and without links. */
  readonly path: string;
}

const AT = {
  NULL: 0,
  PHDR: 3,
  PHENT: 4,
  PHNUM: 5,
  PAGESZ: 6,
  BASE: 7,
  FLAGS: 8,
  ENTRY: 9,
  UID: 11,
  EUID: 12,
  GID: 13,
  EGID: 14,
  PLATFORM: 15,
  HWCAP: 16,
  CLKTCK: 17,
  SECURE: 23,
  RANDOM: 25,
  HWCAP2: 26,
  EXECFN: 31,
  SYSINFO: 32,
  MINSIGSTKSZ: 51,
} as const;

const pageDown = (value: number): number => value - (value % PAGE);
const pageUp = (value: number): number => pageDown(value + PAGE - 1);

/** Reads and checks an image: x86-64 or i386, executable or shared object. @throws ProcessError with the path. */
export function readImage(files: FileTree, path: string, cwd: string, what: string): ProgramImage {
  const resolved = files.resolve(path, cwd);
  if (typeof resolved === "number")
    throw new ProcessError("not-found", `${path}: no such ${what} under the root`, path);
  if (resolved.stat.kind !== "file")
    throw new ProcessError("not-a-file", `${path}: a ${resolved.stat.kind}, not a ${what}`, path);
  const file = files.open(resolved.path);
  if (!file) throw new ProcessError("not-found", `${path}: cannot be read`, path);
  if (file.size > MAX_IMAGE_BYTES)
    throw new ProcessError("unsupported", `${path}: ${file.size} bytes; at most ${MAX_IMAGE_BYTES} expected`, path);
  const bytes = file.read(0, file.size);
  try {
    const image = parseElf(bytes);
    const abi = Object.values(abis).find(({ bits, machine }) => bits === image.bits && machine === image.machine);
    if (!abi)
      throw new ProcessError(
        "wrong-architecture",
        `${path}: a ${image.bits}-bit ELF for machine ${image.machine}; x86-64 (64 bits, machine 62) or i386 (32 bits, machine 3) expected`,
        path,
      );
    if (image.type !== ElfType.Executable && image.type !== ElfType.SharedObject)
      throw new ProcessError("unsupported", `${path}: ELF type ${image.type}; an executable (2 or 3) expected`, path);
    if (image.programHeaders.count * image.programHeaders.entrySize > MAX_HEADER_BYTES)
      throw new ProcessError("malformed", `${path}: ${image.programHeaders.count} program headers`, path);
    return { abi, image, file, path: resolved.path };
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    const script = bytes[0] === 0x23 && bytes[1] === 0x21;
    if (error.code === "not-elf" && script)
      throw new ProcessError("unsupported", `${path}: a script (#!); name its interpreter's ELF file instead`, path);
    throw new ProcessError(
      error.code === "unsupported" ? "unsupported" : error.code,
      `${path}: ${error.message}`,
      path,
    );
  }
}

/** Maps the segments at a base and returns the load bias. */
function mapImage(
  space: AddressSpace,
  image: ElfImage,
  file: HostFile,
  path: string,
  base: number,
): { bias: number; end: number } {
  const loads = image.segments.filter((segment) => segment.type === SegmentType.Load && segment.memorySize > 0n);
  if (loads.length === 0) throw new ProcessError("malformed", `${path}: no loadable segment`, path);
  for (const [index, segment] of loads.entries())
    if (segment.virtualAddress + segment.memorySize > BigInt(space.top))
      throw new ProcessError(
        "malformed",
        `${path}: segment ${index} at 0x${segment.virtualAddress.toString(16)} does not fit into user space`,
        path,
      );
  const bias = image.type === ElfType.SharedObject ? base - pageDown(Number(loads[0]!.virtualAddress)) : 0;
  let end = 0;
  for (const [index, segment] of loads.entries()) {
    if (
      bias + Number(segment.virtualAddress + segment.memorySize) > space.top ||
      bias + Number(segment.virtualAddress) < MMAP_MIN_ADDRESS
    )
      throw new ProcessError(
        "malformed",
        `${path}: segment ${index} at 0x${segment.virtualAddress.toString(16)} does not fit into user space`,
        path,
      );
    const start = bias + Number(segment.virtualAddress);
    const prot =
      (segment.flags & SegmentFlag.Read ? Prot.Read : 0) |
      (segment.flags & SegmentFlag.Write ? Prot.Write : 0) |
      (segment.flags & SegmentFlag.Execute ? Prot.Exec : 0);
    const inPage = start % PAGE;
    if (segment.offset % PAGE !== inPage)
      throw new ProcessError("malformed", `${path}: segment ${index}'s offset and address differ modulo ${PAGE}`, path);
    const fileEnd = start + segment.fileSize;
    const memoryEnd = start + Number(segment.memorySize);
    const ok =
      (segment.fileSize === 0 ||
        space.map({
          start: pageDown(start),
          length: pageUp(fileEnd) - pageDown(start),
          prot,
          shared: false,
          // What lies behind the segment in its last page is zero for data, and the file's own bytes for code.
          source: boundedSource(
            file,
            path,
            segment.flags & SegmentFlag.Write ? segment.offset + segment.fileSize : file.size,
          ),
          offset: segment.offset - inPage,
          name: path,
        })) &&
      (pageUp(memoryEnd) <= pageUp(fileEnd) ||
        space.map({
          start: segment.fileSize === 0 ? pageDown(start) : pageUp(fileEnd),
          length: pageUp(memoryEnd) - (segment.fileSize === 0 ? pageDown(start) : pageUp(fileEnd)),
          prot,
          shared: false,
          source: undefined,
          offset: 0,
          name: "",
        }));
    if (!ok) throw new ProcessError("no-memory", `${path}: no room to map segment ${index}`, path);
    end = Math.max(end, pageUp(memoryEnd));
  }
  return { bias, end };
}

const boundedSource = (file: HostFile, name: string, end: number) => ({
  name,
  read: (offset: number, length: number): Uint8Array =>
    offset >= end ? new Uint8Array(0) : file.read(offset, Math.min(length, end - offset)),
});

/** Maps a program that `readImage` read, with its interpreter, and builds its stack. @throws ProcessError */
export function loadProgram(
  space: AddressSpace,
  files: FileTree,
  { abi, image, file, path }: ProgramImage,
  options: ProgramOptions,
): LoadedProgram {
  const program = mapImage(space, image, file, options.path, abi.pieBase);
  const address = (value: bigint): bigint => BigInt.asUintN(abi.bits, value);
  const entry = address(BigInt(program.bias) + image.entry);

  let start = entry;
  let interpreterBase = 0;
  const vsyscall = abi.name === "i386" ? mapVsyscall(space, abi) : undefined;
  if (image.interpreter !== undefined) {
    const {
      abi: loaderAbi,
      image: loader,
      file: loaderFile,
    } = readImage(files, image.interpreter, options.cwd, `interpreter of ${options.path}`);
    if (loaderAbi !== abi)
      throw new ProcessError(
        "wrong-architecture",
        `${image.interpreter}: ${loader.bits} bits; the program that it is to load has ${abi.bits}`,
        image.interpreter,
      );
    const size = loader.segments
      .filter((s) => s.type === SegmentType.Load)
      .reduce((top, s) => Math.max(top, pageUp(Number(s.virtualAddress + s.memorySize))), 0);
    const base = space.findFree(size, abi.mmapTop);
    if (base === undefined)
      throw new ProcessError("no-memory", `${image.interpreter}: no room in the address space`, image.interpreter);
    const mapped = mapImage(space, loader, loaderFile, image.interpreter, base);
    interpreterBase = mapped.bias;
    start = address(BigInt(mapped.bias) + loader.entry);
  }

  space.map({
    start: abi.stackTop - STACK_BYTES,
    length: STACK_BYTES,
    prot: Prot.Read | Prot.Write,
    shared: false,
    source: undefined,
    offset: 0,
    name: "[stack]",
  });
  const phdrSegment = image.segments.find(
    (s) =>
      s.type === SegmentType.Load &&
      image.programHeaders.offset >= s.offset &&
      image.programHeaders.offset < s.offset + s.fileSize,
  );
  const phdr = phdrSegment
    ? BigInt(program.bias) + phdrSegment.virtualAddress + BigInt(image.programHeaders.offset - phdrSegment.offset)
    : 0n;
  const stackPointer = buildStack(space, abi, options, [
    ...(vsyscall === undefined ? [] : [[AT.SYSINFO, vsyscallPlaces(vsyscall).call] as const]),
    [AT.PHDR, phdr],
    [AT.PHENT, BigInt(image.programHeaders.entrySize)],
    [AT.PHNUM, BigInt(image.programHeaders.count)],
    [AT.BASE, BigInt(interpreterBase)],
    [AT.ENTRY, entry],
  ]);
  return { entry: start, stackPointer, brkStart: program.end, path, vsyscall };
}

/** The page of AT_SYSINFO, at the top of where mappings go. */
function mapVsyscall(space: AddressSpace, abi: Abi): number | undefined {
  const start = space.findFree(PAGE, abi.mmapTop);
  if (start === undefined) return undefined;
  const area = { start, length: PAGE, prot: Prot.Read | Prot.Exec, shared: false, source: vsyscallPage, offset: 0 };
  return space.map({ ...area, name: vsyscallPage.name }) ? start : undefined;
}

function buildStack(
  space: AddressSpace,
  abi: Abi,
  options: ProgramOptions,
  image: readonly (readonly [number, bigint])[],
): bigint {
  const encoder = new TextEncoder();
  const texts = [...options.args, ...Object.entries(options.env).map(([key, value]) => `${key}=${value}`)].map((text) =>
    encoder.encode(`${text}\0`),
  );
  // Each text counts with its pointer, or a million empty arguments would fit.
  const total = texts.reduce((sum, text) => sum + text.length + abi.word, 0);
  if (total > MAX_ARGUMENT_BYTES)
    throw new ProcessError(
      "arguments-too-long",
      `arguments and environment take ${total} bytes; at most ${MAX_ARGUMENT_BYTES} fit`,
      options.path,
    );

  let top = abi.stackTop - 16;
  const place = (bytes: Uint8Array): bigint => {
    top -= bytes.length;
    if (!space.write(top, bytes))
      throw new ProcessError("no-memory", `no memory for the stack of ${options.path}`, options.path);
    return BigInt(top);
  };
  const execfn = place(encoder.encode(`${options.path}\0`));
  const platform = place(encoder.encode(`${abi.platform}\0`));
  const addresses = texts.map(place);
  top -= top % 16;
  const random = place(options.random);

  const argc = options.args.length;
  const auxv: readonly (readonly [number, bigint])[] = [
    [AT.MINSIGSTKSZ, 2048n],
    [AT.HWCAP, BigInt(options.hwcap >>> 0)],
    [AT.PAGESZ, 4096n],
    [AT.CLKTCK, 100n],
    ...image,
    [AT.FLAGS, 0n],
    [AT.UID, BigInt(options.uid)],
    [AT.EUID, BigInt(options.uid)],
    [AT.GID, BigInt(options.gid)],
    [AT.EGID, BigInt(options.gid)],
    [AT.SECURE, 0n],
    [AT.RANDOM, random],
    [AT.HWCAP2, 0n],
    [AT.EXECFN, execfn],
    [AT.PLATFORM, platform],
    [AT.NULL, 0n],
  ];
  const words = [
    BigInt(argc),
    ...addresses.slice(0, argc),
    0n,
    ...addresses.slice(argc),
    0n,
    ...auxv.flat().map(BigInt),
  ];
  const bytes = new Uint8Array(words.length * abi.word);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    if (abi.word === 8) view.setBigUint64(index * 8, word, true);
    else view.setUint32(index * 4, Number(word), true);
  });
  top -= bytes.length;
  top -= top % 16;
  if (!space.write(top, bytes))
    throw new ProcessError("no-memory", `no memory for the stack of ${options.path}`, options.path);
  return BigInt(top);
}
