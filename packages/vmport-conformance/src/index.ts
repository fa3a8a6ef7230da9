/** A conformance suite for VMware's backdoor: cases as data, a judge for any host function, a boot image for any hypervisor, a matrix. */
export {
  type Capture,
  type Check,
  type ConformanceCase,
  type Direction,
  type HostName,
  hostNames,
  type InstructionKind,
  type Operand,
  type RegisterName,
  type Registers,
  type Ring,
  registerNames,
  type Source,
  type Step,
} from "./case.ts";
export { conformanceSuite } from "./cases/index.ts";
export { buildConformanceImage, type ImageOptions } from "./image/build-image.ts";
export {
  createMatrix,
  formatMatrix,
  type Matrix,
  type MatrixCell,
  type MatrixColumn,
  type MatrixRow,
  surprises,
} from "./matrix.ts";
export { type CaseResult, formatResults, parseResults, type SuiteResults, type Verdict } from "./results.ts";
export { type Access, type AccessResult, type HostFunction, runCase, runSuite, STRING_ADDRESS } from "./run-suite.ts";
