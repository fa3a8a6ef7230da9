/** The host's files under a root, read-only, as linux-process wants them. Paths arrive normal and without links inside. */
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { join } from "node:path";
import type { FileStat, HostFile, HostFiles } from "linux-process";

/** Files kept open at a time; a program that opens more makes the oldest be reopened when needed. */
const MAX_OPEN = 256;

export function hostFiles(root: string): HostFiles {
  const open = new Map<string, { fd: number; size: number }>();

  const handle = (path: string): { fd: number; size: number } | undefined => {
    const known = open.get(path);
    if (known) return known;
    try {
      const fd = openSync(join(root, path), "r");
      const { size } = fstatSync(fd);
      if (open.size >= MAX_OPEN) {
        const [oldest, file] = open.entries().next().value as [string, { fd: number }];
        closeSync(file.fd);
        open.delete(oldest);
      }
      const made = { fd, size };
      open.set(path, made);
      return made;
    } catch {
      return undefined;
    }
  };

  return {
    lstat(path): FileStat | undefined {
      try {
        const stat = lstatSync(join(root, path));
        const kind = stat.isFile()
          ? "file"
          : stat.isDirectory()
            ? "directory"
            : stat.isSymbolicLink()
              ? "symlink"
              : undefined;
        // Devices, sockets and pipes of the host are no business of the guest's.
        if (!kind) return undefined;
        return {
          kind,
          size: stat.size,
          permissions: stat.mode & 0o777,
          inode: stat.ino,
          modifiedSeconds: Math.floor(stat.mtimeMs / 1000),
        };
      } catch {
        return undefined;
      }
    },
    open(path): HostFile | undefined {
      const first = handle(path);
      if (!first) return undefined;
      const { size } = first;
      return {
        size,
        read(offset, length) {
          const file = handle(path);
          if (!file || offset >= size || length <= 0) return new Uint8Array(0);
          const bytes = new Uint8Array(Math.min(length, size - offset));
          let done = 0;
          while (done < bytes.length) {
            const count = readSync(file.fd, bytes, done, bytes.length - done, offset + done);
            if (count === 0) break;
            done += count;
          }
          return done === bytes.length ? bytes : bytes.subarray(0, done);
        },
      };
    },
    readDirectory(path) {
      try {
        return readdirSync(join(root, path));
      } catch {
        return undefined;
      }
    },
    readLink(path) {
      try {
        return readlinkSync(join(root, path));
      } catch {
        return undefined;
      }
    },
  };
}
