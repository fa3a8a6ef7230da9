import type { LogRecord } from "./record.ts";

export interface RedactOptions {
  /** Guestinfo keys, without `guestinfo.`, whose values are hidden. Default {@link isSensitiveKey}. */
  readonly sensitive?: (key: string) => boolean;
}

/** Keys that carry credentials as a rule: cloud-init's and Ignition's data, OVF environments, and names that say so. */
export function isSensitiveKey(key: string): boolean {
  return (
    /^(userdata|vendordata|metadata|ovfenv|combustion\.script|ignition\.config\.data(\.\w+)?)$/i.test(key) ||
    /passw|secret|token|credential|private/i.test(key)
  );
}

const MESSAGE_COMMAND = 30;
const SEND_PAYLOAD = 2;
const RECV_PAYLOAD = 4;
const REQUEST = /^info-(get|set) guestinfo\.([^ \0]+)(?: |$|\0)/i;
/** Longest beginning of a message that is looked at for a key. */
const HEAD_BYTES = 512;

/**
 * Makes the `redact` option of a log: hides values of sensitive guestinfo keys in calls and messages, and the payload that passes through
 * EBX four bytes at a time. It remembers per channel what was asked, so that the answer is hidden as well.
 */
export function createRedactor(options: RedactOptions = {}): (record: LogRecord) => LogRecord {
  const sensitive = options.sensitive ?? isSensitiveKey;
  /** Channels whose next answer is to be hidden, by domain. */
  const hidden = new Set<string>();

  return (record) => {
    if (record.kind === "rpc") {
      const key = REQUEST.exec(`${record.verb} ${record.argument}`);
      if (key === null || !sensitive(key[2] as string)) return record;
      const isGet = (key[1] as string).toLowerCase() === "get";
      const argument = isGet ? record.argument : hideAfterKey(record.argument);
      return { ...record, argument, reply: isGet ? mark(record.reply.length) : record.reply };
    }
    if (record.kind === "message") {
      const channel = `${record.domainId}/${record.channel}`;
      if (record.class === "recv") {
        return hidden.delete(channel) ? { ...record, bytes: ascii(mark(record.bytes.length)) } : record;
      }
      const head = latin1(record.bytes.subarray(0, HEAD_BYTES));
      const key = REQUEST.exec(head);
      hidden.delete(channel);
      if (key === null || !sensitive(key[2] as string)) return record;
      if ((key[1] as string).toLowerCase() === "get") {
        hidden.add(channel);
        return record;
      }
      const kept = key[0].length;
      return { ...record, bytes: ascii(head.slice(0, kept) + mark(record.bytes.length - kept)) };
    }
    if (record.kind === "access" && record.command === MESSAGE_COMMAND) {
      const step = record.registers.ecx >>> 16;
      // On the way back ECX holds a status and cannot tell the step; whatever EBX holds then is hidden.
      const payload = record.class === "after" || step === SEND_PAYLOAD || step === RECV_PAYLOAD;
      if (payload) return { ...record, registers: { ...record.registers, ebx: 0 } };
    }
    return record;
  };
}

const mark = (count: number): string => `<${count} hidden>`;

function hideAfterKey(argument: string): string {
  const blank = argument.indexOf(" ");
  return blank < 0 ? argument : `${argument.slice(0, blank + 1)}${mark(argument.length - blank - 1)}`;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);
