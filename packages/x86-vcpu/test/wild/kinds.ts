/** What a guest of chance is made of: modes, selectors, and where its parts lie. */

export interface WildKind {
  readonly name: string;
  readonly mode: "real" | "v86" | "protected16" | "protected32" | "compat" | "long";
  readonly ring: 0 | 3;
  readonly paging: "none" | "32-bit" | "PAE" | "4-level" | "5-level";
}

const of = (
  mode: WildKind["mode"],
  rings: readonly (0 | 3)[],
  pagings: readonly WildKind["paging"][],
): readonly WildKind[] =>
  rings.flatMap((ring) =>
    pagings.map((paging) => ({ name: `${mode}, ring ${ring}, paging ${paging}`, mode, ring, paging })),
  );

export const wildKinds: readonly WildKind[] = [
  ...of("real", [0], ["none"]),
  ...of("v86", [3], ["none", "32-bit", "PAE"]),
  ...of("protected16", [0, 3], ["none", "32-bit", "PAE"]),
  ...of("protected32", [0, 3], ["none", "32-bit", "PAE"]),
  ...of("compat", [0, 3], ["4-level", "5-level"]),
  ...of("long", [0, 3], ["4-level", "5-level"]),
];

export const isLongMode = ({ mode }: WildKind): boolean => mode === "long" || mode === "compat";

/** Physical addresses; linear ones are the same in the first 4 MiB. */
export const Place = {
  gdt: 0x1000,
  ldt: 0x1400,
  idt: 0x2000,
  handler: 0x3000,
  doubleFault: 0x3800,
  tss: 0x4000,
  /** The task of the double-fault handler, and a 16-bit task. */
  tss2: 0x4400,
  tss16: 0x4600,
  /** Words of the handler: state of its generator, how often it ran, the flags to begin with, the frame for IRET. */
  generator: 0x5000,
  runs: 0x5004,
  flags: 0x5008,
  frame: 0x5020,
  /** Sixteen sets of general registers, 128 bytes each. */
  registers: 0x5800,
  handlerStack: 0x7000,
  istStack: 0x7800,
  pml5: 0x1_0000,
  pml4: 0x1_1000,
  pdpt: 0x1_2000,
  directory: 0x1_3000,
  tables: 0x1_4000,
  pdptPae: 0x1_6000,
  directory32: 0x1_8000,
  table32: 0x1_9000,
  /** Everything below is the system's. */
  code: 0x2_0000,
  data: 0x3_0000,
  stack: 0x4_0000,
  end: 0x5_0000,
} as const;

export const CODE_BYTES = 0x2000;
export const RAM_BYTES = 0x40_0000;
/** In the wild code's stack: where the handlers of ring 0 put the frame for IRET. */
export const STACK_TOP = 0x8000;

export const GDT_LIMIT = 0x1ff;
export const LDT_LIMIT = 0x7f;
export const Selector = {
  Code32: 0x08,
  Data: 0x10,
  Code64: 0x18,
  UserCode32: 0x23,
  UserData: 0x2b,
  UserCode64: 0x33,
  /** 16-bit segments with the bases of code, data and stack. */
  Code16: 0x38,
  Data16: 0x40,
  Stack16: 0x48,
  UserCode16: 0x53,
  UserData16: 0x5b,
  UserStack16: 0x63,
  /** 16-bit code with base 0: the handler's. */
  Handler16: 0x68,
  Tss: 0x70,
  Tss2: 0x80,
  Tss16: 0x88,
  Ldt: 0x90,
  CallGate: 0xa0,
  TaskGate: 0xb0,
  ConformingCode: 0xb8,
  ExpandDown: 0xc0,
  Absent: 0xc8,
  ExecuteOnly: 0xd0,
  /** From here on chance decides. */
  Random: 0xd8,
} as const;

/** Selectors of the wild code itself. */
export function wildSelectors({ mode, ring }: WildKind): { code: number; data: number; stack: number } {
  if (mode === "real" || mode === "v86")
    return { code: Place.code >> 4, data: Place.data >> 4, stack: Place.stack >> 4 };
  const isUser = ring === 3;
  if (mode === "protected16")
    return isUser
      ? { code: Selector.UserCode16, data: Selector.UserData16, stack: Selector.UserStack16 }
      : { code: Selector.Code16, data: Selector.Data16, stack: Selector.Stack16 };
  const data = isUser ? Selector.UserData : Selector.Data;
  const code =
    mode === "long" ? (isUser ? Selector.UserCode64 : Selector.Code64) : isUser ? Selector.UserCode32 : Selector.Code32;
  return { code, data, stack: data };
}

/** Does an address of wild code count from its segment's base? */
export const hasBasedSegments = ({ mode }: WildKind): boolean =>
  mode === "real" || mode === "v86" || mode === "protected16";
