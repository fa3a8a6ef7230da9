// User-mode instruction tests in Debian's source packages: what is built from which file, and how.

/** Debian source packages, by the name of their folder in the cache. */
export const sources = ["valgrind", "qemu"];

const amd64 = "none/tests/amd64";
const valgrind = (name, options = {}) => ({
  from: "valgrind",
  name,
  files: [`${options.in ?? amd64}/${name}.c`],
  flags: [
    "-O",
    "-fno-stack-protector",
    "-no-pie",
    "-DVGO_linux",
    "-DVGA_amd64",
    "-I.",
    "-Iinclude",
    `-I${options.in ?? amd64}`,
    ...(options.flags ?? []),
  ],
  ...(options.features ? { features: options.features } : {}),
});
/** valgrind's tables of instructions, operands and results, from which a script of its own writes a C program. */
const table = (name, options = {}) => ({
  ...valgrind(name, options),
  files: [],
  generate: { command: ["perl", `${amd64}/gen_insn_test.pl`], input: `${amd64}/${name}.def` },
});
const plain = ["-O0", "-fno-stack-protector", "-no-pie"];
const qemu = (name, flags = [], options = {}) => ({
  from: "qemu",
  name,
  files: [`tests/tcg/${options.in ?? "i386"}/${name}.c`],
  flags: ["-O2", "-fno-strict-aliasing", "-no-pie", ...flags],
  ...options,
});

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
  ...["nan80and64", "nibz_bennee_mmap", "rcl-amd64", "redundantRexW", "smc1", "sbbmisc", "shrld", "slahf-amd64"].map(
    (name) => valgrind(name),
  ),
  ...["x87trigOOR", "xadd", "xacq_xrel"].map((name) => valgrind(name)),
  valgrind("fb_test_amd64", { flags: ["-fno-strict-aliasing"], features: ["adx"] }),
  valgrind("ssse3_misaligned", { flags: ["-mssse3"] }),
  valgrind("sse4-64", { flags: ["-msse4.2"] }),
  valgrind("crc32", { flags: ["-msse4.2"] }),
  ...["pcmpstr64", "pcmpstr64w", "pcmpxstrx64", "pcmpxstrx64w"].map((name) => valgrind(name, { flags: ["-msse4.2"] })),
  valgrind("aes", { flags: ["-maes"], features: ["aes"] }),
  valgrind("bmi", { flags: ["-mbmi", "-mbmi2"], features: ["bmi1", "bmi2", "lzcnt", "avx"] }),
  valgrind("lzcnt64", { features: ["lzcnt"] }),
  valgrind("movbe", { features: ["movbe"] }),
  ...["bt_everything", "bug132146", "fxsave-amd64", "more_x87_fp", "sse_memory", "bug279698"].map((name) =>
    valgrind(name, { in: "memcheck/tests/amd64", flags: ["-I.", "-Imemcheck"] }),
  ),
  { ...qemu("test-i386", ["-w"]), name: "test-x86_64", flags: [...plain, "-w"] },
  ...[
    "f2xm1",
    "fbstp",
    "fisttp",
    "fldcst",
    "fp-exceptions",
    "fpatan",
    "fscale",
    "fxam",
    "fxtract",
    "fyl2x",
    "fyl2xp1",
    "pseudo-denormal",
    "snan-convert",
  ].map((name) => qemu(`test-i386-${name}`)),
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
  ...["float_convs", "float_convd", "float_madds", "sha1", "sha512", "testthread"].map((name) =>
    qemu(name, ["-Itests/tcg/multiarch/libs", "-lpthread"], {
      in: "multiarch",
      ...(name.startsWith("float") ? { also: ["tests/tcg/multiarch/libs/float_helpers.c"] } : {}),
    }),
  ),
];
