/** VMware GuestRPC from the host's side: message channels on both bandwidths, RPCI verbs, TCLO, the guestinfo store. */

export type { ChannelSave, Cookie } from "./channel.ts";
export {
  type CloudInitData,
  decodeGuestinfo,
  encodeGuestinfo,
  type GuestinfoEncoding,
  setCloudInit,
} from "./cloud-init.ts";
export { dialects, type GuestrpcDialect, vmwareDialect, xenV6Dialect } from "./dialect.ts";
export {
  createGuestinfoStore,
  defaultGuestinfoLimits,
  type GuestinfoChange,
  type GuestinfoEntry,
  type GuestinfoError,
  type GuestinfoErrorCode,
  type GuestinfoLimits,
  type GuestinfoOrigin,
  type GuestinfoSave,
  type GuestinfoStore,
  type GuestinfoStoreOptions,
} from "./guestinfo-store.ts";
export {
  type ChannelEvent,
  createGuestrpc,
  type Guestrpc,
  type GuestrpcEvent,
  type GuestrpcOptions,
  type GuestrpcSave,
  type RpciEvent,
} from "./guestrpc.ts";
export { type GunzipResult, gunzip } from "./gunzip.ts";
export {
  MAX_CHANNELS,
  MAX_MESSAGE_BYTES,
  MessageStatus,
  MessageType,
  OPEN_FLAG_COOKIE,
  PROTOCOL_RPCI,
  PROTOCOL_TCLO,
  type Protocol,
} from "./protocol.ts";
export { createRandom, type RandomSource } from "./random.ts";
export { defaultRpciCommands } from "./rpci/index.gen.ts";
export {
  fail,
  type GuestrpcHost,
  ok,
  PERMISSION_DENIED,
  RpciCall,
  type RpciCommand,
  type RpciEnvironment,
  type RpciReply,
  UNKNOWN_COMMAND,
} from "./rpci.ts";
export { decodeVmportRecord, encodeVmportRecord, VMPORT_SAVE_CODE, type VmportRecordResult } from "./save-record.ts";
export { type GuestStatistics, type StatisticRow, statisticRows } from "./statistics.ts";
export type {
  TcloCallOptions,
  TcloCallSave,
  TcloEvent,
  TcloOptions,
  TcloOutcome,
  TcloResult,
  TcloSessionSave,
} from "./tclo/tclo-host.ts";
export { MAX_TCLO_QUEUE } from "./tclo/tclo-host.ts";
export { MAX_TOOLS_ENTRIES, MAX_TOOLS_TEXT, type ToolsSave, type ToolsState } from "./tools-state.ts";
