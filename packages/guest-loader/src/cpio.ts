/**
 * Writes cpio archives in the "newc" form, which Linux unpacks as an initramfs.
 *
 * Sources: Linux `Documentation/driver-api/early-userspace/buffer-format.rst` (header, alignment, trailer); POSIX
 * <sys/stat.h> values of the file types as Linux has them.
 */

const FileType = {
  directory: 0o040000,
  file: 0o100000,
  symlink: 0o120000,
  character: 0o020000,
  block: 0o060000,
} as const;

export type CpioEntry = {
  readonly path: string /** Permissions; default 755 for directories, 644 else. */;
  readonly permissions?: number;
} & (
  | { readonly kind: "directory" }
  | { readonly kind: "file"; readonly bytes: Uint8Array }
  | { readonly kind: "symlink"; readonly target: string }
  | { readonly kind: "character" | "block"; readonly major: number; readonly minor: number }
);

const HEADER_BYTES = 110;
const TRAILER = "TRAILER!!!";
/** c_namesize and c_filesize are eight hexadecimal digits; Linux refuses names from PATH_MAX on. */
const MAX_FILE_BYTES = 0xffff_ffff;
const MAX_NAME_BYTES = 4095;
const up4 = (size: number): number => Math.ceil(size / 4) * 4;

/**
 * The archive of `entries` in their order, every owner 0, every time 0, so that equal trees give equal bytes. Directories must
 * come before what is in them. Archives may be concatenated: the length is a multiple of 512.
 * @throws RangeError for names and sizes that the format cannot hold
 */
export function writeCpio(entries: Iterable<CpioEntry>): Uint8Array {
  const encoder = new TextEncoder();
  const parts: { readonly header: Uint8Array; readonly name: Uint8Array; readonly data: Uint8Array }[] = [];
  const add = (
    path: string,
    mode: number,
    links: number,
    data: Uint8Array,
    device: readonly [number, number],
  ): void => {
    const name = encoder.encode(`${path}\0`);
    if (path === "" || path.includes("\0") || name.length > MAX_NAME_BYTES)
      throw new RangeError(`cpio: a name of 1 to ${MAX_NAME_BYTES - 1} bytes expected, found ${JSON.stringify(path)}`);
    if (data.length > MAX_FILE_BYTES)
      throw new RangeError(`cpio: ${path} has ${data.length} bytes; the format holds ${MAX_FILE_BYTES}`);
    const inode = mode === 0 ? 0 : parts.length + 1;
    const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, device[0], device[1], name.length, 0];
    const header = encoder.encode(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`);
    parts.push({ header, name, data });
  };
  const nothing = new Uint8Array(0);
  for (const entry of entries) {
    const path = entry.path.replace(/^\/+/, "");
    const mode = FileType[entry.kind] | ((entry.permissions ?? (entry.kind === "directory" ? 0o755 : 0o644)) & 0o7777);
    if (entry.kind === "file") add(path, mode, 1, entry.bytes, [0, 0]);
    else if (entry.kind === "symlink") add(path, FileType.symlink | 0o777, 1, encoder.encode(entry.target), [0, 0]);
    else if (entry.kind === "directory") add(path, mode, 2, nothing, [0, 0]);
    else add(path, mode, 1, nothing, [entry.major, entry.minor]);
  }
  add(TRAILER, 0, 1, nothing, [0, 0]);

  const size = parts.reduce((sum, { name, data }) => sum + up4(HEADER_BYTES + name.length) + up4(data.length), 0);
  const archive = new Uint8Array(Math.ceil(size / 512) * 512);
  let at = 0;
  for (const { header, name, data } of parts) {
    archive.set(header, at);
    archive.set(name, at + HEADER_BYTES);
    at += up4(HEADER_BYTES + name.length);
    archive.set(data, at);
    at += up4(data.length);
  }
  return archive;
}
