/**
 * `machine.id.get`: the identity from the configuration, which old start-up scripts parse.
 *
 * Source: scripts of VMware's own documentation; the text of the refusal is ours.
 */
import { fail, ok, type RpciCommand } from "../rpci.ts";

export const machineIdGet: RpciCommand = {
  verb: "machine.id.get",
  handle(_call, { host }) {
    return host.machineId === undefined ? fail("No machine id") : ok(host.machineId);
  },
};
