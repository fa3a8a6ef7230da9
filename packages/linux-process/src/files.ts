/**
 * The file system that the program sees: a read-only tree given by the host, with a few synthetic files on top.
 *
 * Paths are walked here, component by component, so that neither `..` nor an absolute symbolic link leaves the root.
 * /dev, /proc and /sys never come from the host: they would show the host's own state, and differ from run to run.
 *
 * Limits, each with the attack that it stops: 40 symbolic links in one walk, as Linux (a loop of links); paths of
 * 4,096 bytes; 1,024 descriptors (a program that opens for ever gets EMFILE).
 */
import { Errno } from "./errno.ts";

export interface FileStat {
  readonly kind: "file" | "directory" | "symlink" | "character" | "pipe";
  /** Bytes. */
  readonly size: number;
  /** Permission bits, e.g. 0o755. */
  readonly permissions: number;
  readonly inode: number;
  /** Seconds since 1970. */
  readonly modifiedSeconds: number;
}

/** A file's bytes, read at any place. */
export interface HostFile {
  readonly size: number;
  /** Bytes at offset, fewer at the end of the file. */
  read(offset: number, length: number): Uint8Array;
}

/** The tree under the program's root. Paths are absolute, normal, and have no symbolic link before the last component. */
export interface HostFiles {
  lstat(path: string): FileStat | undefined;
  open(path: string): HostFile | undefined;
  readDirectory(path: string): readonly string[] | undefined;
  readLink(path: string): string | undefined;
}

/** A small read-only tree from plain data: path → text, bytes, or `{ link }`. For tests and for pages. */
export function memoryFiles(
  tree: Readonly<Record<string, string | Uint8Array | { readonly link: string }>>,
): HostFiles {
  const encoder = new TextEncoder();
  const nodes = new Map<string, Uint8Array | { readonly link: string } | Set<string>>();
  nodes.set("/", new Set());
  for (const [path, content] of Object.entries(tree)) {
    const parts = path.split("/").filter(Boolean);
    let directory = "/";
    for (const part of parts.slice(0, -1)) {
      (nodes.get(directory) as Set<string>).add(part);
      directory = directory === "/" ? `/${part}` : `${directory}/${part}`;
      if (!nodes.has(directory)) nodes.set(directory, new Set());
    }
    (nodes.get(directory) as Set<string>).add(parts.at(-1)!);
    nodes.set(`/${parts.join("/")}`, typeof content === "string" ? encoder.encode(content) : content);
  }
  const inodes = new Map([...nodes.keys()].map((path, index) => [path, index + 2]));
  return {
    lstat(path) {
      const node = nodes.get(path);
      if (!node) return undefined;
      const common = { inode: inodes.get(path)!, modifiedSeconds: 0 };
      if (node instanceof Set) return { kind: "directory", size: 4096, permissions: 0o755, ...common };
      if (node instanceof Uint8Array) return { kind: "file", size: node.length, permissions: 0o755, ...common };
      return { kind: "symlink", size: node.link.length, permissions: 0o777, ...common };
    },
    open(path) {
      const node = nodes.get(path);
      return node instanceof Uint8Array
        ? { size: node.length, read: (offset, length) => node.subarray(offset, offset + length) }
        : undefined;
    },
    readDirectory(path) {
      const node = nodes.get(path);
      return node instanceof Set ? [...node] : undefined;
    },
    readLink(path) {
      const node = nodes.get(path);
      return node && !(node instanceof Set) && !(node instanceof Uint8Array) ? node.link : undefined;
    },
  };
}

const MAX_LINKS = 40;
export const MAX_PATH = 4096;

export interface ResolvedFile {
  readonly path: string;
  readonly stat: FileStat;
  /** Bytes of a synthetic file. */
  readonly content?: () => Uint8Array;
  readonly device?: SyntheticDevice;
}

export type SyntheticDevice = "null" | "zero" | "full" | "random" | "tty";

type Synthetic =
  | { readonly device: SyntheticDevice }
  | { readonly text: () => string }
  | { readonly link: () => string }
  | { readonly entries: readonly string[] };

export class FileTree {
  private readonly host: HostFiles;
  private readonly synthetic: ReadonlyMap<string, Synthetic>;

  /** `texts`: contents of synthetic files under /proc and /sys, made when read; `links`: targets of links there. */
  constructor(
    host: HostFiles,
    texts: Readonly<Record<string, () => string>>,
    links: Readonly<Record<string, () => string>>,
  ) {
    this.host = host;
    const synthetic = new Map<string, Synthetic>([
      ["/dev", { entries: ["full", "null", "random", "tty", "urandom", "zero"] }],
      ["/dev/null", { device: "null" }],
      ["/dev/zero", { device: "zero" }],
      ["/dev/full", { device: "full" }],
      ["/dev/random", { device: "random" }],
      ["/dev/urandom", { device: "random" }],
      ["/dev/tty", { device: "tty" }],
      ["/proc", { entries: [] }],
      ["/sys", { entries: [] }],
      ...Object.entries(texts).map(([path, text]): [string, Synthetic] => [path, { text }]),
      ...Object.entries(links).map(([path, link]): [string, Synthetic] => [path, { link }]),
    ]);
    // The directories above them.
    for (const path of [...Object.keys(texts), ...Object.keys(links)]) {
      for (let at = path; at.lastIndexOf("/") > 0; ) {
        const above = at.slice(0, at.lastIndexOf("/"));
        const directory = synthetic.get(above);
        const name = at.slice(above.length + 1);
        const entries = directory !== undefined && "entries" in directory ? directory.entries : [];
        if (!entries.includes(name)) synthetic.set(above, { entries: [...entries, name] });
        at = above;
      }
    }
    this.synthetic = synthetic;
  }

  /**
   * Follows a path from a directory. The result is the file, or a negated errno.
   * With `noFollow` the last component may be a symbolic link itself.
   */
  resolve(path: string, from: string, noFollow = false): ResolvedFile | number {
    if (path === "") return -Errno.ENOENT;
    if (path.length >= MAX_PATH) return -Errno.ENAMETOOLONG;
    const pending = path.split("/").reverse();
    const done: string[] = path.startsWith("/") ? [] : from.split("/").filter(Boolean);
    const mustBeDirectory = path.endsWith("/") || path.endsWith("/.");
    let links = 0;
    let current = this.look(done);
    if (typeof current === "number") return current;
    while (pending.length) {
      const part = pending.pop()!;
      if (part === "" || part === ".") continue;
      if (current.stat.kind !== "directory") return -Errno.ENOTDIR;
      if (part === "..") {
        done.pop();
        const up = this.look(done);
        if (typeof up === "number") return up;
        current = up;
        continue;
      }
      done.push(part);
      const next = this.look(done);
      if (typeof next === "number") return next;
      const last = !pending.some((rest) => rest !== "" && rest !== ".");
      if (next.stat.kind === "symlink" && !(last && noFollow && !mustBeDirectory)) {
        if (++links > MAX_LINKS) return -Errno.ELOOP;
        const target = this.link(next.path);
        if (target === undefined) return -Errno.ENOENT;
        pending.push(...target.split("/").reverse());
        if (pending.length > MAX_PATH) return -Errno.ENAMETOOLONG;
        if (target.startsWith("/")) done.length = 0;
        else done.pop();
        const restart = this.look(done);
        if (typeof restart === "number") return restart;
        current = restart;
        continue;
      }
      current = next;
    }
    if (mustBeDirectory && current.stat.kind !== "directory") return -Errno.ENOTDIR;
    return current;
  }

  /** Target of a symbolic link. */
  link(path: string): string | undefined {
    const synthetic = this.synthetic.get(path);
    if (synthetic) return "link" in synthetic ? synthetic.link() : undefined;
    return this.host.readLink(path);
  }

  open(path: string): HostFile | undefined {
    return this.host.open(path);
  }

  list(path: string): readonly string[] | undefined {
    const synthetic = this.synthetic.get(path);
    if (synthetic) return "entries" in synthetic ? synthetic.entries : undefined;
    return this.host.readDirectory(path);
  }

  private look(parts: readonly string[]): ResolvedFile | number {
    const path = `/${parts.join("/")}`;
    const synthetic = this.synthetic.get(path);
    if (synthetic) {
      const common = { inode: 0x1000_0000 + [...this.synthetic.keys()].indexOf(path), modifiedSeconds: 0 };
      if ("device" in synthetic)
        return { path, device: synthetic.device, stat: { kind: "character", size: 0, permissions: 0o666, ...common } };
      if ("text" in synthetic) {
        const content = (): Uint8Array => new TextEncoder().encode(synthetic.text());
        return { path, content, stat: { kind: "file", size: 0, permissions: 0o444, ...common } };
      }
      if ("link" in synthetic) return { path, stat: { kind: "symlink", size: 0, permissions: 0o777, ...common } };
      return { path, stat: { kind: "directory", size: 0, permissions: 0o555, ...common } };
    }
    if (parts[0] === "dev" || parts[0] === "proc" || parts[0] === "sys") return -Errno.ENOENT;
    const stat = this.host.lstat(path);
    return stat ? { path, stat } : -Errno.ENOENT;
  }
}
