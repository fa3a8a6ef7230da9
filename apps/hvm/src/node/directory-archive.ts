/** A folder of the host as the entries of an initramfs. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { CpioEntry } from "guest-loader";

/** In the order of names, so that equal folders give equal archives. Sockets, pipes and devices are left out. */
export function* directoryEntries(directory: string, prefix = ""): Generator<CpioEntry> {
  for (const name of readdirSync(directory).sort()) {
    const full = join(directory, name);
    const path = prefix + name;
    const stat = lstatSync(full);
    const permissions = stat.mode & 0o777;
    if (stat.isDirectory()) {
      yield { kind: "directory", path, permissions };
      yield* directoryEntries(full, `${path}/`);
    } else if (stat.isSymbolicLink()) yield { kind: "symlink", path, target: readlinkSync(full) };
    else if (stat.isFile()) yield { kind: "file", path, permissions, bytes: readFileSync(full) };
  }
}
