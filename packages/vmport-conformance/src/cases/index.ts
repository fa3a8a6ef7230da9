import type { ConformanceCase } from "../case.ts";
import { commandCases } from "./commands.ts";
import { contractCases } from "./contract.ts";
import { counterCases } from "./counters.ts";
import { highBandwidthCases } from "./high-bandwidth.ts";
import { messageCases } from "./messages.ts";

/** Every case, in the order in which the guest image runs them. */
export const conformanceSuite: readonly ConformanceCase[] = [
  ...contractCases,
  ...commandCases,
  ...counterCases,
  ...messageCases,
  ...highBandwidthCases,
];
