/** `--disk FILE[,ro|rw|snapshot]`. */
import { type DiskAccess, type OpenDisk, openDisk } from "../node/disk-image.ts";
import { CliError, ExitCode } from "./exit-codes.ts";

const ACCESS: Readonly<Record<string, DiskAccess>> = { ro: "ro", r: "ro", rw: "rw", w: "rw", snapshot: "snapshot" };

/** @throws CliError */
export function openDisks(texts: readonly string[]): OpenDisk[] {
  return texts.map((text) => {
    const comma = text.lastIndexOf(",");
    const word = comma < 0 ? "snapshot" : text.slice(comma + 1);
    const access = ACCESS[word];
    if (!access)
      throw new CliError(
        ExitCode.Usage,
        `--disk ${text}: FILE,ro or FILE,rw or FILE,snapshot expected, found ${JSON.stringify(word)}`,
        "without a word the guest may write and the file stays as it is",
      );
    return openDisk(comma < 0 ? text : text.slice(0, comma), access);
  });
}
