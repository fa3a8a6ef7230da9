/**
 * One disk: `target, format, vdev, access` by position or by name, in any order after the first named one.
 *
 * Sources: Xen `docs/misc/xl-disk-configuration.txt`.
 */

export interface DiskSpec {
  /** File of the host; absent for an empty CD drive. */
  readonly target: string | undefined;
  readonly format: "raw" | "qcow2" | "vhd" | "qcow";
  /** `xvda`, `hda`, `sda` … */
  readonly vdev: string;
  /** `snapshot`, ours and the default: the guest may write, the file stays as it is. In xl the default is `rw`. */
  readonly access: "ro" | "rw" | "snapshot";
  readonly cdrom: boolean;
}

const positional = ["target", "format", "vdev", "access"] as const;
const formats = ["raw", "qcow2", "vhd", "qcow"] as const;
const accessModes: Readonly<Record<string, DiskSpec["access"]>> = {
  r: "ro",
  ro: "ro",
  w: "rw",
  rw: "rw",
  snapshot: "snapshot",
};
const VDEV = /^(?:xvd|hd|sd|d)[a-z0-9]+$/;

/** The disk, or what is wrong with the text. */
export function parseDisk(text: string): DiskSpec | string {
  const found: Partial<Record<(typeof positional)[number] | "devtype", string>> = {};
  let position = 0;
  const parts = text.split(",").map((part) => part.trim());
  for (const [index, part] of parts.entries()) {
    const named = /^(target|format|vdev|access|devtype)=(.*)$/.exec(part);
    if (named !== null) {
      const [, name, value] = named as unknown as [string, keyof typeof found, string];
      // The target takes the rest of the text, commas included.
      found[name] = name === "target" ? [value, ...parts.slice(index + 1)].join(",") : value;
      if (name === "target") break;
    } else if (part === "cdrom") found.devtype = "cdrom";
    else {
      const name = positional[position];
      if (name === undefined)
        return `${JSON.stringify(part)}: target, format, vdev and access are all there is by position`;
      if (part !== "") found[name] = part;
      position++;
    }
  }
  const { target, format = "raw", vdev, access = "snapshot", devtype } = found;
  if (target !== undefined && /^(?:phy|file|tap2?|aio|qcow2?|vhd):/.test(target)) {
    return `target ${JSON.stringify(target)}: prefixes are deprecated in xl; write the path and a format`;
  }
  if (vdev === undefined) return "a vdev (xvda, hda, sda …) is missing";
  if (!VDEV.test(vdev)) return `vdev ${JSON.stringify(vdev)}: xvda, hda, sda … expected`;
  const known = formats.find((name) => name === format);
  if (known === undefined) return `format ${JSON.stringify(format)}: ${formats.join(", ")} expected`;
  const mode = Object.hasOwn(accessModes, access) ? accessModes[access] : undefined;
  if (mode === undefined) return `access ${JSON.stringify(access)}: ${Object.keys(accessModes).join(", ")} expected`;
  if (devtype !== undefined && devtype !== "cdrom") return `devtype ${JSON.stringify(devtype)}: cdrom expected`;
  const cdrom = devtype === "cdrom";
  if (target === undefined && !cdrom) return "a target (the file) is missing";
  return { target, format: known, vdev, access: cdrom ? "ro" : mode, cdrom };
}
