/** Endings of Jcc, SETcc and CMOVcc mnemonics as x86-decode spells them, by condition code (SDM vol. 1, appendix B). */
export const conditionNames = [
  "o",
  "no",
  "b",
  "ae",
  "e",
  "ne",
  "be",
  "a",
  "s",
  "ns",
  "p",
  "np",
  "l",
  "ge",
  "le",
  "g",
] as const;
export type ConditionName = (typeof conditionNames)[number];

/** One entry per condition. */
export function forConditions<Prefix extends string, T>(
  prefix: Prefix,
  make: (condition: number) => T,
): { [K in `${Prefix}${ConditionName}`]: T } {
  return Object.fromEntries(conditionNames.map((name, code) => [prefix + name, make(code)])) as {
    [K in `${Prefix}${ConditionName}`]: T;
  };
}
