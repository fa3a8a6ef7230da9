/**
 * `info-get guestinfo.KEY`: the value, or "No value found". Only the guestinfo.* variables are the guest's to read; any other name has no
 * value either.
 *
 * Sources: cloud-init `cloudinit/sources/DataSourceVMware.py` (the text); vmw-guestinfo tests; D. Slutz, QEMU `hw/misc/vmport_rpc.c`.
 */
import { fail, ok, type RpciCommand } from "../rpci.ts";

export const infoGet: RpciCommand = {
  verb: "info-get",
  handle(call, { guestinfo }) {
    const key = call.argument.trim();
    const value = /^guestinfo\../i.test(key) ? guestinfo.getBytes(key) : undefined;
    return value === undefined ? fail("No value found") : ok(value);
  },
};
