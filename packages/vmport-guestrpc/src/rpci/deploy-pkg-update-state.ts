/**
 * `deployPkg.update.state STATE ERROR MESSAGE`: progress of guest customisation, from the deployPkg plugin or cloud-init.
 *
 * Sources: open-vm-tools `libDeployPkg`; cloud-init `cloudinit/sources/helpers/vmware/imc/guestcust_util.py`.
 */
import { ok, type RpciCommand } from "../rpci.ts";
import { remember } from "../tools-state.ts";

export const deployPkgUpdateState: RpciCommand = {
  verb: "deployPkg.update.state",
  handle(call, { tools }) {
    remember(tools.reports, call.verb, call.argument.trim());
    return ok();
  },
};
