// User-mode instruction tests in Debian's source packages: what is built from which file, and how.

/** Debian source packages, by the name of their folder in the cache. */
export const sources = ["valgrind", "qemu"];

const amd64 = "none/tests/amd64";
const x86 = "none/tests/x86";
const valgrind = (name, options = {}) => ({
  from: "valgrind",
  name,
  files: [`${options.in ?? amd64}/${name}.c`],
  flags: [
    "-O",
    "-fno-stack-protector",
    "-no-pie",
    "-DVGO_linux",
    options.bits === 32 ? "-DVGA_x86" : "-DVGA_amd64",
    "-I.",
    "-Iinclude",
    `-I${options.in ?? amd64}`,
    ...(options.flags ?? []),
  ],
  ...(options.bits ? { bits: options.bits } : {}),
  ...(options.args ? { args: options.args } : {}),
  ...(options.features ? { features: options.features } : {}),
});
/** valgrind's tables of instructions, operands and results, from which a script of its own writes a C program. */
const table = (name, options = {}) => {
  const folder = options.in ?? amd64;
  return {
    ...valgrind(name, options),
    files: [],
    generate: { command: ["perl", `${folder}/gen_insn_test.pl`], input: `${folder}/${name}.def` },
  };
};
const memcheck = (name, options = {}) =>
  valgrind(name, { in: "memcheck/tests/amd64", flags: ["-I.", "-Imemcheck"], ...options });
/** The same for 32-bit code; their folder is part of the name. */
const in32 = { in: x86, bits: 32, flags: ["-fno-pie", "-mmmx", "-msse"] };
const valgrind32 = (name, options = {}) => ({
  ...valgrind(name, { ...in32, ...options, flags: [...in32.flags, ...(options.flags ?? [])] }),
  name: `x86/${name}`,
});
const table32 = (name) => ({ ...table(name, { ...in32, flags: [...in32.flags, "-msse3"] }), name: `x86/${name}` });
const memcheck32 = (name, options = {}) =>
  valgrind32(name, { in: "memcheck/tests/x86", ...options, flags: ["-Imemcheck", ...(options.flags ?? [])] });
/** Clears bits in the hexadecimal flags at the end of lines that match. */
const withoutFlags = (lines, bits) => (line) =>
  lines.test(line) ? line.replace(/[0-9a-f]{4}$/, (flags) => (parseInt(flags, 16) & ~bits).toString(16)) : line;
/** Counts of a double shift of 16 bits for which the result is undefined: five bits count, and 16 is the most. */
const tooFar = (count) => (count & 31) > 16;
/**
 * What the manuals leave undefined or vendors do each in their way, by program: both sides' lines go through `mask`
 * before they are compared, and those that differed are counted.
 */
const masks = {
  shrld: {
    why: "SHLD and SHRD of 16 bits by more than 16: result and flags are undefined (SDM vol. 2)",
    // A count, a result whose upper 48 bits are the operand's, flags.
    mask: (line) => line.replace(/^ *(\d+) 0x112233445566.*/, (all, count) => (tooFar(Number(count)) ? count : all)),
  },
  doubleShift: {
    why: "SHLD and SHRD of 16 bits by more than 16: result and flags are undefined (SDM vol. 2)",
    mask: (line) =>
      line.replace(/^(sh[lr]dw .* C=([0-9a-f]+)) .*/, (all, kept, count) => (tooFar(parseInt(count, 16)) ? kept : all)),
  },
  bextr: {
    why: "BEXTR leaves AF, SF and PF undefined (SDM vol. 2)",
    mask: withoutFlags(/^bextr/, 0x94),
  },
  lzcnt: {
    why: "LZCNT leaves OF, SF, PF and AF undefined (SDM vol. 2)",
    mask: withoutFlags(/^lzcnt/, 0x894),
  },
  fxsave: {
    why: "AMD's FXSAVE leaves the last instruction's pointers out while no exception is pending; its MXCSR_MASK has bit 17 (APM vol. 2)",
    mask: (line) =>
      line.replace(/^( {2}0 {3}(?:\w\w ){6}).*/, "$1").replace(/^( 16 {3})(?:\w\w ){8}((?:\w\w ){6}).*/, "$1$2"),
  },
};

const plain = ["-O0", "-fno-stack-protector", "-no-pie"];
const qemu = (name, flags = [], options = {}) => ({
  from: "qemu",
  name,
  files: [`tests/tcg/${options.in ?? "i386"}/${name}.c`],
  flags: ["-O2", "-fno-strict-aliasing", "-no-pie", ...flags],
  ...options,
});

const qemu32 = (name, flags = [], options = {}) => ({ ...qemu(name, flags, options), bits: 32, name: `i386/${name}` });
const multiarch = ["-Itests/tcg/multiarch/libs", "-pthread"];
const parallel = (name) => (name === "testthread" ? { unordered: true } : {});
const everywhere = [
  "float_convs",
  "float_convd",
  "float_madds",
  "sha1",
  "sha512",
  "testthread",
  "threadcount",
  "tb-link",
];
const multi = (build) =>
  [...everywhere, "munmap-pthread", "overflow", "sigbus"].map((name) =>
    build(name, multiarch, {
      in: "multiarch",
      ...parallel(name),
      ...(name.startsWith("float") ? { also: ["tests/tcg/multiarch/libs/float_helpers.c"] } : {}),
    }),
  );
const x87 = [
  "f2xm1",
  "fbstp",
  "fisttp",
  "fldcst",
  "fp-exceptions",
  "fpatan",
  "fprem",
  "fscale",
  "fxam",
  "fxtract",
  "fyl2x",
  "fyl2xp1",
  "pseudo-denormal",
  "snan-convert",
];

export const programs = [
  ...["insn_basic", "insn_fpu", "insn_mmx", "insn_sse", "insn_sse2"].map((name) => table(name)),
  table("insn_sse3"),
  table("insn_ssse3"),
  table("insn_pclmulqdq", { features: ["pclmulqdq"] }),
  ...["amd64locked", "asorep", "bt_flags", "bug127521-64", "bug132813-amd64", "bug132918", "bug137714-amd64"].map(
    (name) => valgrind(name),
  ),
  ...[
    "bug156404-amd64",
    "cet_nops",
    "clc",
    "cmpxchg",
    "fcmovnu",
    "fxtract",
    "getseg",
    "jrcxz",
    "looper",
    "loopnel",
  ].map((name) => valgrind(name)),
  ...["nan80and64", "nibz_bennee_mmap", "rcl-amd64", "redundantRexW", "smc1", "sbbmisc", "slahf-amd64"].map((name) =>
    valgrind(name),
  ),
  { ...valgrind("shrld"), ...masks.shrld },
  ...["x87trigOOR", "xadd", "xacq_xrel"].map((name) => valgrind(name)),
  valgrind("fb_test_amd64", { flags: ["-fno-strict-aliasing"], features: ["adx"] }),
  valgrind("ssse3_misaligned", { flags: ["-mssse3"] }),
  valgrind("sse4-64", { flags: ["-msse4.2"] }),
  valgrind("crc32", { flags: ["-msse4.2"] }),
  ...["pcmpstr64", "pcmpstr64w", "pcmpxstrx64", "pcmpxstrx64w"].map((name) => valgrind(name, { flags: ["-msse4.2"] })),
  valgrind("aes", { flags: ["-maes"], features: ["aes"] }),
  { ...valgrind("bmi", { flags: ["-mbmi", "-mbmi2"], features: ["bmi1", "bmi2", "lzcnt", "avx"] }), ...masks.bextr },
  { ...valgrind("lzcnt64", { features: ["lzcnt"] }), ...masks.lzcnt },
  valgrind("movbe", { features: ["movbe"] }),
  ...["bt_everything", "bug132146", "more_x87_fp", "bug279698"].map((name) => memcheck(name)),
  { ...memcheck("fxsave-amd64"), ...masks.fxsave },
  ...["sse1", "sse2"].map((args) => ({ ...memcheck("sse_memory", { args: [args] }), name: `${args}_memory` })),
  { ...qemu("test-i386", ["-w"]), name: "test-x86_64", flags: [...plain, "-w"], ...masks.doubleShift },
  ...x87.map((name) => qemu(`test-i386-${name}`)),
  qemu("test-i386-sse-exceptions", ["-msse4.1", "-mfpmath=sse"]),
  qemu("test-i386-pcmpistri", ["-msse4.2"]),
  qemu("test-i386-bmi2", [], { features: ["bmi1", "bmi2"] }),
  qemu("test-i386-adcox", [], { features: ["adx"] }),
  qemu("test-i386-ssse3", ["-mssse3"]),
  {
    ...qemu("test-mmx", ["-masm=intel", "-O", "-I."]),
    generate: {
      command: [
        "python3",
        "tests/tcg/i386/test-mmx.py",
        "tests/tcg/i386/x86.csv",
        "test-mmx.h",
        "MMX",
        "SSE",
        "SSE2",
        "SSE3",
        "SSSE3",
      ],
    },
    features: [],
  },
  qemu("cmpxchg", [], { in: "x86_64" }),
  qemu("noexec", [], { in: "x86_64" }),
  ...multi(qemu),

  ...["basic", "cmov", "fpu", "mmx", "mmxext", "sse", "sse2", "sse3", "ssse3"].map((name) => table32(`insn_${name}`)),
  ...["aad_aam", "badseg", "bswapw", "bt_everything", "bt_literal", "bug125959-x86", "bug126147-x86"].map((name) =>
    valgrind32(name),
  ),
  ...["bug132813-x86", "bug135421-x86", "bug137714-x86", "bug152818-x86", "cet_nops", "cmpxchg8b", "cse_fail"].map(
    (name) => valgrind32(name),
  ),
  ...["fcmovnu", "fxtract", "getseg", "incdec_alt", "int", "jcxz", "lahf", "looper", "movx"].map((name) =>
    valgrind32(name),
  ),
  ...["pushpopseg", "sbbmisc", "shift_ndep", "smc1", "x86locked", "x87trigOOR", "xadd"].map((name) => valgrind32(name)),
  valgrind32("fpu_lazy_eflags", { flags: ["-O2", "-march=pentiumpro"] }),
  valgrind32("ssse3_misaligned", { flags: ["-mssse3"] }),
  { ...valgrind32("lzcnt32", { features: ["lzcnt"] }), ...masks.lzcnt },
  valgrind32("movbe", { features: ["movbe"] }),
  ...["bug152022", "espindola2", "fpeflags", "fprem", "more_x86_fp", "pushfw_x86", "pushpopmem"].map((name) =>
    memcheck32(name),
  ),
  ...["sse1", "sse2"].map((args) => ({
    ...memcheck32("sse_memory", { args: [args], flags: ["-msse2"] }),
    name: `x86/${args}_memory`,
  })),
  { ...memcheck32("fxsave"), ...masks.fxsave },
  memcheck32("xor-undef-x86"),
  {
    ...memcheck32("pushfpopf"),
    files: ["memcheck/tests/x86/pushfpopf_c.c", "memcheck/tests/x86/pushfpopf_s.S"],
  },
  {
    ...masks.doubleShift,
    ...qemu32("test-i386", ["-w", "-fno-pie", "-O2", "-fno-stack-protector"]),
    also: ["tests/tcg/i386/test-i386-code16.S", "tests/tcg/i386/test-i386-vm86.S"],
  },
  qemu32("hello-i386", ["-ffreestanding", "-fno-stack-protector", "-nostdlib"]),
  ...x87.map((name) => qemu32(`test-i386-${name}`)),
  qemu32("test-i386-sse-exceptions", ["-msse4.1", "-mfpmath=sse"]),
  qemu32("test-i386-pcmpistri", ["-msse4.2"]),
  ...multi(qemu32),
  { ...qemu32("sha512", ["-msse4.1", "-O3"], { in: "multiarch" }), name: "i386/sha512-sse" },
];
