/**
 * `vmbackup.eventSet EVENT CODE TEXT`: progress of a quiesced snapshot.
 *
 * Source: open-vm-tools `services/plugins/vmbackup`.
 */
import { ok, type RpciCommand } from "../rpci.ts";
import { remember } from "../tools-state.ts";

export const vmbackupEventSet: RpciCommand = {
  verb: "vmbackup.eventSet",
  handle(call, { tools }) {
    remember(tools.reports, call.verb, call.argument.trim());
    return ok();
  },
};
