/**
 * One disk: `target, format, vdev, access` by position or by name, in any order after the first named one.
 *
 * Sources: Xen `docs/misc/xl-disk-configuration.txt`.
 */

export interface DiskSpec {
  /** File of the host; absent for an empty CD drive. */
  readonly target: string | undefined;
  readonly format: "raw" | "qcow2" | "vhd" | "qcow" | "qed";
  /** `xvda`, `hda`, `sda` … */
  readonly vdev: string;
  /** `snapshot`, ours and the default: the guest may write, the file stays as it is. In xl the default is `rw`. */
  readonly access: "ro" | "rw" | "snapshot";
  readonly cdrom: boolean;
}

const positional = ["target", "format", "vdev", "access"] as const;
const formats = ["raw", "qcow2", "vhd", "qcow", "qed"] as const;
/** Words of xl that say how a back end works: there is one back end here. */
const WITHOUT_EFFECT = /^(?:direct-io-safe|discard|no-discard|trusted|untrusted|(?:backendtype|backend)=.*)$/;
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
    if (WITHOUT_EFFECT.test(part)) continue;
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

/** Letters of disks that a command line names by their files alone: xvda and so on. */
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/**
 * One disk of a command line: FILE, or FILE,ACCESS; a text with `vdev=` or three commas is xl's. `taken`: names of the disks before
 * it. The disk, or what is wrong with the text.
 */
export function parseDiskWord(text: string, taken: ReadonlySet<string>): DiskSpec | string {
  if (/(?:^|,)\s*vdev=/.test(text) || text.split(",").length > 3) return parseDisk(text);
  const comma = text.lastIndexOf(",");
  const word = comma < 0 ? "snapshot" : text.slice(comma + 1);
  const access = Object.hasOwn(accessModes, word) ? accessModes[word] : undefined;
  if (access === undefined)
    return `FILE,ro or FILE,rw or FILE,snapshot expected, found ${JSON.stringify(word)}; without a word the guest may write and the file stays as it is`;
  const target = comma < 0 ? text : text.slice(0, comma);
  if (target === "") return "a file is missing";
  const letter = [...LETTERS].find((one) => !taken.has(`xvd${one}`)) ?? "";
  return { target, format: "raw", vdev: `xvd${letter}`, access, cdrom: false };
}
