/**
 * `info-set guestinfo.KEY VALUE`: the value is everything after the blank behind the key, blanks included. It cannot be empty.
 *
 * Source: D. Slutz, QEMU `hw/misc/vmport_rpc.c` (error texts); cloud-init and Ignition (an empty value cannot be set).
 */

import type { GuestinfoErrorCode } from "../guestinfo-store.ts";
import { fail, ok, PERMISSION_DENIED, type RpciCommand } from "../rpci.ts";
import { decodeText } from "../text.ts";

const texts: Readonly<Record<GuestinfoErrorCode, string>> = {
  "bad-key": "Invalid key",
  "key-too-long": "Key is too long",
  "value-too-long": "Value too long",
  "nul-byte": "Value too long",
  "too-many-keys": "Too many keys",
  "too-much-data": "Out of memory",
};

export const infoSet: RpciCommand = {
  verb: "info-set",
  handle(call, { guestinfo }) {
    const bytes = call.argumentBytes;
    const blank = bytes.indexOf(0x20);
    if (blank <= 0 || blank === bytes.length - 1) return fail("Two and exactly two arguments expected");
    const key = decodeText(bytes.subarray(0, blank));
    if (!/^guestinfo\../i.test(key)) return PERMISSION_DENIED;
    const error = guestinfo.set(key, bytes.subarray(blank + 1), "guest");
    return error === undefined ? ok() : fail(texts[error.code]);
  },
};
