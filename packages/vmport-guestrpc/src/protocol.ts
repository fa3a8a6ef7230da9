/**
 * Numbers of the GuestRPC message protocol.
 *
 * Sources: open-vm-tools `lib/include/guest_msg_def.h`, `lib/message/message.c`, `lib/include/rpcout.h`; iPXE
 * `include/ipxe/guestrpc.h` (register values compared for equality).
 */

/** Sub-command, ECX bits 31:16 on entry. */
export const MessageType = {
  Open: 0,
  SendSize: 1,
  SendPayload: 2,
  RecvSize: 3,
  RecvPayload: 4,
  RecvStatus: 5,
  Close: 6,
} as const;

/** Status, ECX (or EBX on the high-bandwidth port) bits 31:16 on return. */
export const MessageStatus = {
  Success: 0x01,
  /** A message is waiting. */
  DoRecv: 0x02,
  Closed: 0x04,
  Unsent: 0x08,
  /** A checkpoint came in between: start the message over. */
  Checkpoint: 0x10,
  PowerOff: 0x20,
  Timeout: 0x40,
  /** The payload may go over the high-bandwidth port. */
  HighBandwidth: 0x80,
} as const;

/** EBX of OPEN: protocol, perhaps with the flag. */
export const PROTOCOL_RPCI = 0x4943_5052;
export const PROTOCOL_TCLO = 0x4f4c_4354;
export const OPEN_FLAG_COOKIE = 0x8000_0000;

export type Protocol = "RPCI" | "TCLO";

/** Longest message from guest to host. */
export const MAX_MESSAGE_BYTES = 0x1_0000;
/** Channels per machine. */
export const MAX_CHANNELS = 128;
