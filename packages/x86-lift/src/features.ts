/** CPUID features (spelt as x86-decode does) whose absence makes an integer or system instruction #UD. */
const byFeature = {
  popcnt: "popcnt",
  movbe: "movbe",
  "sse4-2": "crc32",
  cmpxchg16b: "cmpxchg16b",
  rdtscp: "rdtscp",
  rdpid: "rdpid",
  fsgsbase: "rdfsbase rdgsbase wrfsbase wrgsbase",
  xsave: "xgetbv xsetbv xsave xsave64 xrstor xrstor64",
  xsaveopt: "xsaveopt xsaveopt64",
  xsavec: "xsavec xsavec64",
  xsaves: "xsaves xsaves64 xrstors xrstors64",
  fxsr: "fxsave fxsave64 fxrstor fxrstor64",
  monitor: "monitor mwait",
  clfsh: "clflush",
  clflushopt: "clflushopt",
  clwb: "clwb",
  rdrand: "rdrand",
  rdseed: "rdseed",
  smap: "clac stac",
  pku: "rdpkru wrpkru",
  invpcid: "invpcid",
  adx: "adcx adox",
  bmi1: "andn bextr blsi blsmsk blsr",
  bmi2: "bzhi mulx pdep pext rorx sarx shlx shrx",
  movdiri: "movdiri",
  serialize: "serialize",
  wbnoinvd: "wbnoinvd",
  syscall: "syscall sysret sysretq",
  sep: "sysenter sysexit sysexitq",
  sse2: "movnti",
} as const;

const table = new Map<string, string>();
for (const [feature, mnemonics] of Object.entries(byFeature))
  for (const name of mnemonics.split(" ")) table.set(name, feature);

/** The feature that `mnemonic` needs beyond the baseline, or undefined. Vector and x87 semantics check their own. */
export function requiredFeature(mnemonic: string): string | undefined {
  return table.get(mnemonic);
}
