import { describe, expect, it } from "vitest";
import { type Harness, start, tree } from "../../test/harness.ts";
import { Errno } from "../errno.ts";
import { memoryFiles } from "../files.ts";

const AT_FDCWD = -100;
const O_CLOEXEC = 0o2_000_000;
const O_DIRECTORY = 0o200_000;
const NOWHERE = 0x9000_0000;
const open = (harness: Harness, path: string, flags = 0): number => harness.sys("open", harness.put(path), flags, 0);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("open", () => {
  it("gives the lowest free descriptor", () => {
    const harness = start();
    expect([open(harness, "/etc/hello"), open(harness, "/etc/up")]).toEqual([3, 4]);
    harness.sys("close", 3);
    expect(open(harness, "/dev/null", 2)).toBe(3);
  });

  it.each([
    ["/none", 0, "ENOENT"],
    ["/none", 0o101, "EROFS"],
    ["/etc/hello", 1, "EROFS"],
    ["/etc/hello", 2, "EROFS"],
    ["/etc/hello", 0o300, "EEXIST"],
    ["/etc/hello", O_DIRECTORY, "ENOTDIR"],
    ["/etc/loop", 0, "ELOOP"],
    ["/etc/up", 0o400_000, "ELOOP"],
    ["/etc", 1, "EISDIR"],
    ["/proc/1/environ", 0, "ENOENT"],
  ] as const)("%s with flags %i: %s", (path, flags, errno) => {
    expect(open(start(), path, flags)).toBe(-Errno[errno]);
  });

  it("a file that the host cannot open is EACCES", () => {
    expect(
      open(
        start({
          files: {
            ...memoryFiles(tree),
            open: (path) => (path === "/etc/hello" ? undefined : memoryFiles(tree).open(path)),
          },
        }),
        "/etc/hello",
      ),
    ).toBe(-Errno.EACCES);
  });

  it("ends at 1,024 descriptors", () => {
    const harness = start();
    const path = harness.put("/etc/hello");
    for (let fd = 3; fd < 1024; fd++) expect(harness.sys("open", path, 0, 0)).toBe(fd);
    expect(harness.sys("open", path, 0, 0)).toBe(-Errno.EMFILE);
    expect(harness.sys("dup", 0)).toBe(-Errno.EMFILE);
  });

  it.each([
    ["relative to a directory's descriptor", "/etc", "hello", 4],
    ["absolute, whatever the descriptor", "/etc/hello", "/etc/hello", 4],
    ["relative to a file", "/etc/hello", "x", -Errno.ENOTDIR],
  ])("openat %s", (_, directory, path, result) => {
    const harness = start();
    expect(harness.sys("openat", open(harness, directory), harness.put(path), 0, 0)).toBe(result);
  });

  it("openat from a descriptor that is not open", () => {
    const harness = start();
    expect(harness.sys("openat", 77, harness.put("x"), 0, 0)).toBe(-Errno.EBADF);
    expect(harness.sys("openat", AT_FDCWD, harness.put("etc/hello"), 0, 0)).toBe(3);
  });

  it.each([0, NOWHERE, -1, 2n ** 63n])("a path at %s is EFAULT", (address) => {
    expect(start().sys("open", address, 0, 0)).toBe(-Errno.EFAULT);
  });
});

describe("read and write", () => {
  it("reads on, ends, and reads again from an offset", () => {
    const harness = start();
    const { sys, put, bytes } = harness;
    const fd = open(harness, "/etc/hello");
    const buffer = put(64);
    expect(sys("read", fd, buffer, 5)).toBe(5);
    expect(decode(bytes(buffer, 5))).toBe("hello");
    expect(sys("read", fd, buffer, 64)).toBe(8);
    expect(sys("read", fd, buffer, 64)).toBe(0);
    expect(sys("pread64", fd, buffer, 5, 7)).toBe(5);
    expect(decode(bytes(buffer, 5))).toBe("world");
    expect(sys("lseek", fd, -6, 2)).toBe(7);
    expect(sys("lseek", fd, 1, 1)).toBe(8);
    expect(sys("lseek", fd, 0, 0)).toBe(0);
    expect(sys("read", fd, buffer, 2n ** 62n)).toBe(13);
  });

  it("writes to standard output and error, and reads standard input", () => {
    const { sys, put, bytes, out } = start({ stdin: "input" });
    const text = put("text");
    expect([sys("write", 1, text, 4), sys("write", 2, text, 2), sys("write", 1, text, 0)]).toEqual([4, 2, 0]);
    expect(out).toEqual(["text", "! te", ""]);
    expect(sys("read", 0, text, 99)).toBe(5);
    expect(decode(bytes(text, 5))).toBe("input");
  });

  it.each([
    ["read", (fd: number, at: number) => [fd, at, -1], "EINVAL"],
    ["read", (fd: number) => [fd, NOWHERE, 4], "EFAULT"],
    ["read", (fd: number) => [fd, -8, 4], "EFAULT"],
    ["read", (_: number, at: number) => [1, at, 4], "EBADF"],
    ["read", (_: number, at: number) => [77, at, 4], "EBADF"],
    ["read", (_: number, at: number) => [-1, at, 4], "EBADF"],
    ["write", (fd: number, at: number) => [fd, at, 4], "EBADF"],
    ["write", (_: number, at: number) => [0, at, 4], "EBADF"],
    ["write", (_: number, at: number) => [1, at, -1], "EINVAL"],
    ["write", () => [1, NOWHERE, 4], "EFAULT"],
    ["write", () => [1, 2n ** 63n - 1n, 4], "EFAULT"],
    ["write", (_: number, at: number) => [1, at, 2n ** 62n], "EFAULT"],
    ["pread64", (fd: number, at: number) => [fd, at, 4, -1], "EINVAL"],
    ["pread64", (_: number, at: number) => [0, at, 4, 0], "ESPIPE"],
    ["lseek", (fd: number) => [fd, -1, 0], "EINVAL"],
    ["lseek", (fd: number) => [fd, 0, 9], "EINVAL"],
    ["lseek", (fd: number) => [fd, 2n ** 62n, 0], "EINVAL"],
    ["lseek", () => [1, 0, 0], "ESPIPE"],
    ["lseek", () => [77, 0, 0], "EBADF"],
    ["readv", (fd: number, at: number) => [fd, at, -1], "EINVAL"],
    ["readv", (fd: number, at: number) => [fd, at, 1025], "EINVAL"],
    ["readv", (fd: number) => [fd, NOWHERE, 1], "EFAULT"],
    ["close", () => [77], "EBADF"],
    ["close", () => [-1], "EBADF"],
  ] as const)("%s, case %#", (name, args, errno) => {
    const harness = start();
    expect(
      harness.sys(
        name,
        ...(args as (fd: number, at: number) => readonly (number | bigint)[])(
          open(harness, "/etc/hello"),
          harness.put(64),
        ),
      ),
    ).toBe(-Errno[errno]);
  });

  const vector = (harness: Harness, ...parts: readonly (readonly [number | bigint, number | bigint])[]): number => {
    const words = new BigUint64Array(parts.flat().map((word) => BigInt.asUintN(64, BigInt(word))));
    return harness.put(new Uint8Array(words.buffer));
  };

  it("gathers and scatters", () => {
    const harness = start();
    const { sys, put, bytes, out } = harness;
    expect(sys("writev", 1, vector(harness, [put("ab"), 2], [0, 0], [put("cd"), 2]), 3)).toBe(4);
    expect(out.join("")).toBe("abcd");
    const [first, second] = [put(8), put(16)];
    expect(sys("readv", open(harness, "/etc/hello"), vector(harness, [first, 5], [second, 16]), 2)).toBe(13);
    expect(decode(bytes(second, 8))).toBe(", world\n");
  });

  it("stops at the first part that fails, and reports what went before", () => {
    const harness = start();
    const { sys, put } = harness;
    const text = put("ab");
    expect(sys("writev", 1, vector(harness, [text, 2], [NOWHERE, 2]), 2)).toBe(2);
    expect(sys("writev", 1, vector(harness, [NOWHERE, 2], [text, 2]), 2)).toBe(-Errno.EFAULT);
    expect(sys("writev", 1, vector(harness, [text, -1]), 1)).toBe(-Errno.EINVAL);
  });

  it("all parts together move 16 MiB at most", () => {
    const harness = start({ poolBytes: 24 << 20 });
    const at = harness.sys("mmap", 0, 16 << 20, 3, 0x22, -1, 0);
    const parts = Array.from({ length: 1024 }, () => [at, 16 << 20] as const);
    expect(harness.sys("writev", 1, vector(harness, ...parts), 1024)).toBe(16 << 20);
  });

  it.each([
    ["/dev/null", 0, 10, undefined],
    ["/dev/zero", 10, 10, 0],
    ["/dev/full", 10, -Errno.ENOSPC, 0],
    ["/dev/urandom", 10, 10, 0x5a],
  ])("%s: read %i, write %i", (path, read, written, byte) => {
    const harness = start();
    const { sys, put, bytes } = harness;
    const fd = open(harness, path, 2);
    const buffer = put(16);
    expect([sys("read", fd, buffer, 10), sys("write", fd, buffer, 10)]).toEqual([read, written]);
    if (byte !== undefined) expect(bytes(buffer, 10)).toEqual(new Uint8Array(10).fill(byte));
    expect(sys("write", open(harness, path), buffer, 1)).toBe(-Errno.EBADF);
  });
});

describe("stat", () => {
  /** struct stat as gcc's offsetof gives it for x86-64. */
  const fields = (view: DataView) => ({
    ino: view.getBigUint64(8, true),
    nlink: view.getBigUint64(16, true),
    mode: view.getUint32(24, true),
    size: view.getBigInt64(48, true),
    blksize: view.getBigInt64(56, true),
    blocks: view.getBigInt64(64, true),
  });

  it.each([
    ["/etc/hello", 0o100_755, 13n],
    ["/etc/up", 0o100_755, 13n],
    ["/etc", 0o040_755, 4096n],
    ["/dev/null", 0o020_666, 0n],
    ["/proc/self", 0o040_555, 0n],
  ])("%s has mode %i and size %s", (path, mode, size) => {
    const { sys, put, view } = start();
    const buffer = put(144);
    expect(sys("stat", put(path), buffer)).toBe(0);
    expect(fields(view(buffer, 144))).toMatchObject({
      nlink: 1n,
      mode,
      size,
      blksize: 4096n,
      blocks: (size + 511n) / 512n,
    });
    expect(sys("statx", AT_FDCWD, put(path), 0, 0x7ff, put(256))).toBe(0);
  });

  it("statx has its own layout", () => {
    const { sys, put, view } = start();
    const buffer = put(256);
    sys("statx", AT_FDCWD, put("/etc/hello"), 0, 0x7ff, buffer);
    const found = view(buffer, 256);
    expect([
      found.getUint32(0, true),
      found.getUint32(16, true),
      found.getUint16(28, true),
      found.getBigUint64(40, true),
      found.getBigUint64(48, true),
    ]).toEqual([0x7ff, 1, 0o100_755, 13n, 1n]);
  });

  it("lstat and AT_SYMLINK_NOFOLLOW see the link, AT_EMPTY_PATH the descriptor", () => {
    const harness = start();
    const { sys, put, view } = harness;
    const buffer = put(144);
    sys("lstat", put("/etc/up"), buffer);
    expect(fields(view(buffer, 144)).mode).toBe(0o120_777);
    sys("newfstatat", AT_FDCWD, put("/etc/up"), buffer, 0x100);
    expect(fields(view(buffer, 144)).mode).toBe(0o120_777);
    expect(sys("newfstatat", open(harness, "/etc/hello"), put(""), buffer, 0x1000)).toBe(0);
    expect(fields(view(buffer, 144)).size).toBe(13n);
    expect(sys("newfstatat", AT_FDCWD, put(""), buffer, 0x1000)).toBe(0);
    expect(fields(view(buffer, 144)).mode).toBe(0o040_755);
    expect(sys("fstat", 1, buffer)).toBe(0);
    expect(fields(view(buffer, 144)).mode).toBe(0o010_620);
  });

  it.each([
    ["stat", (_: Harness, path: number) => [path, NOWHERE], "EFAULT"],
    ["stat", (h: Harness) => [h.put(""), h.put(144)], "ENOENT"],
    ["fstat", () => [77, 0], "EBADF"],
    ["newfstatat", (h: Harness) => [77, h.put(""), h.put(144), 0x1000], "EBADF"],
    ["newfstatat", (h: Harness) => [77, h.put("x"), h.put(144), 0], "EBADF"],
    ["statx", (h: Harness) => [AT_FDCWD, h.put("/none"), 0, 0, h.put(256)], "ENOENT"],
    ["statx", (_: Harness, path: number) => [AT_FDCWD, path, 0, 0, NOWHERE], "EFAULT"],
  ] as const)("%s, case %#", (name, args, errno) => {
    const harness = start();
    expect(
      harness.sys(
        name,
        ...(args as (h: Harness, path: number) => readonly number[])(harness, harness.put("/etc/hello")),
      ),
    ).toBe(-Errno[errno]);
  });
});

describe("directories and links", () => {
  it("getdents64 lists what is there, in parts that fit", () => {
    const harness = start();
    const { sys, put, view, bytes } = harness;
    const fd = open(harness, "/etc", O_DIRECTORY);
    const buffer = put(256);
    const names: [string, number][] = [];
    for (let length = 1; length > 0; ) {
      length = sys("getdents64", fd, buffer, 64);
      const records = view(buffer, 64);
      for (let at = 0; at < length; at += records.getUint16(at + 16, true)) {
        const text = bytes(buffer + at + 19, 20);
        names.push([decode(text.subarray(0, text.indexOf(0))), records.getUint8(at + 18)]);
      }
    }
    expect(names).toEqual([
      [".", 4],
      ["..", 4],
      ["hello", 8],
      ["loop", 10],
      ["up", 10],
    ]);
    expect(sys("lseek", fd, 0, 0)).toBe(0);
    expect(sys("getdents64", fd, buffer, 10)).toBe(-Errno.EINVAL);
    expect(sys("getdents64", fd, buffer, -1)).toBe(-Errno.EINVAL);
    expect(sys("getdents64", fd, NOWHERE, 256)).toBe(-Errno.EFAULT);
    expect(sys("getdents64", 1, buffer, 256)).toBe(-Errno.ENOTDIR);
    expect(sys("getdents64", 77, buffer, 256)).toBe(-Errno.EBADF);
    expect(sys("read", fd, buffer, 1)).toBe(-Errno.EISDIR);
  });

  it("readlink cuts, and does not terminate", () => {
    const { sys, put, bytes } = start();
    const buffer = put(new Uint8Array(16).fill(0x2e));
    expect(sys("readlink", put("/etc/up"), buffer, 5)).toBe(5);
    expect(decode(bytes(buffer, 6))).toBe("../et.");
    expect(sys("readlinkat", AT_FDCWD, put("/proc/self/exe"), buffer, 16)).toBe(12);
    expect(sys("readlink", put("/etc/hello"), buffer, 16)).toBe(-Errno.EINVAL);
    expect(sys("readlink", put("/etc/up"), buffer, 0)).toBe(-Errno.EINVAL);
    expect(sys("readlink", put("/etc/up"), buffer, -1)).toBe(-Errno.EINVAL);
    expect(sys("readlink", put("/etc/up"), NOWHERE, 16)).toBe(-Errno.EFAULT);
    expect(sys("readlink", put("/none"), buffer, 16)).toBe(-Errno.ENOENT);
  });

  it("chdir and getcwd", () => {
    const { sys, put, bytes } = start();
    const buffer = put(16);
    expect(sys("chdir", put("etc/../bin"))).toBe(0);
    expect(sys("getcwd", buffer, 16)).toBe(5);
    expect(decode(bytes(buffer, 5))).toBe("/bin\0");
    expect(sys("getcwd", buffer, 4)).toBe(-Errno.ERANGE);
    expect(sys("getcwd", NOWHERE, 16)).toBe(-Errno.EFAULT);
    expect(sys("chdir", put("/etc/hello"))).toBe(-Errno.ENOTDIR);
    expect(sys("chdir", put("/none"))).toBe(-Errno.ENOENT);
    expect(sys("open", put("program"), 0, 0)).toBe(3);
  });

  it.each([
    ["/etc/hello", 0, 0],
    ["/etc/hello", 4, 0],
    ["/etc/hello", 1, 0],
    ["/etc/hello", 2, -Errno.EROFS],
    ["/dev/null", 2, 0],
    ["/dev/null", 1, -Errno.EACCES],
    ["/none", 0, -Errno.ENOENT],
  ])("access %s mode %i: %i", (path, mode, result) => {
    const { sys, put } = start();
    expect(sys("access", put(path), mode)).toBe(result);
    expect(sys("faccessat", AT_FDCWD, put(path), mode)).toBe(result);
    expect(sys("faccessat2", AT_FDCWD, put(path), mode, 0)).toBe(result);
  });

  it("the tree cannot be changed", () => {
    const { sys, put } = start();
    const path = put("/etc/hello");
    for (const name of [
      "rename",
      "mkdir",
      "rmdir",
      "unlink",
      "unlinkat",
      "mkdirat",
      "chmod",
      "fchmod",
      "fchown",
      "utimensat",
      "ftruncate",
    ] as const)
      expect(sys(name, path, path)).toBe(-Errno.EROFS);
  });
});

describe("descriptors", () => {
  it("dup shares the offset, not close-on-exec", () => {
    const harness = start();
    const { sys, put } = harness;
    const fd = open(harness, "/etc/hello", O_CLOEXEC);
    expect(sys("fcntl", fd, 1, 0)).toBe(1);
    const twin = sys("dup", fd);
    sys("read", fd, put(8), 5);
    expect([sys("lseek", twin, 0, 1), sys("fcntl", twin, 1, 0)]).toEqual([5, 0]);
    expect(sys("dup2", fd, 9)).toBe(9);
    expect(sys("dup2", fd, fd)).toBe(fd);
    expect(sys("dup3", fd, 10, O_CLOEXEC)).toBe(10);
    expect([sys("fcntl", 9, 1, 0), sys("fcntl", 10, 1, 0)]).toEqual([0, 1]);
  });

  it("fcntl: duplicates, flags", () => {
    const harness = start();
    const { sys } = harness;
    const fd = open(harness, "/etc/hello");
    expect(sys("fcntl", fd, 0, 100)).toBe(100);
    expect(sys("fcntl", fd, 1030, 100)).toBe(101);
    expect(sys("fcntl", 101, 1, 0)).toBe(1);
    expect([sys("fcntl", 101, 2, 0), sys("fcntl", 101, 1, 0)]).toEqual([0, 0]);
    expect([sys("fcntl", 1, 3, 0), sys("fcntl", 1, 4, 0o6000 | 2), sys("fcntl", 1, 3, 0)]).toEqual([1, 0, 0o6001]);
  });

  it.each([
    ["fcntl", [0, 0, -1], "EINVAL"],
    ["fcntl", [0, 0, 1024], "EINVAL"],
    ["fcntl", [0, 1030, -(2n ** 40n)], undefined],
    ["fcntl", [0, 99, 0], "EINVAL"],
    ["fcntl", [77, 1, 0], "EBADF"],
    ["dup", [77], "EBADF"],
    ["dup2", [77, 5], "EBADF"],
    ["dup2", [0, -1], "EBADF"],
    ["dup2", [0, 1024], "EBADF"],
    ["dup3", [0, 0, 0], "EINVAL"],
    ["dup3", [0, 1024, 0], "EBADF"],
    ["ioctl", [77, 0x5401, 0], "EBADF"],
    ["ioctl", [1, 0x5401, 0], "ENOTTY"],
    ["socket", [2, 1, 0], "EAFNOSUPPORT"],
    ["pipe2", [0, 0], "ENOSYS"],
    ["statfs", [0, 0], "ENOSYS"],
  ] as const)("%s, case %#", (name, args, errno) => {
    const result = start().sys(name, ...args);
    if (errno) expect(result).toBe(-Errno[errno]);
    else expect(result).toBeGreaterThanOrEqual(0);
  });

  it("a terminal answers TCGETS and TIOCGWINSZ", () => {
    const { sys, put, view } = start({
      streams: {
        stdin: () => new Uint8Array(0),
        stdout: () => undefined,
        stderr: () => undefined,
        terminals: { stdout: true },
        terminalSize: { rows: 50, columns: 132 },
      },
    });
    const buffer = put(64);
    expect([sys("ioctl", 1, 0x5401, buffer), sys("ioctl", 1, 0x5413, buffer), sys("ioctl", 1, 0x9999, buffer)]).toEqual(
      [0, 0, -Errno.ENOTTY],
    );
    expect([view(buffer, 8).getUint16(0, true), view(buffer, 8).getUint16(2, true)]).toEqual([50, 132]);
    expect(sys("ioctl", 1, 0x5413, NOWHERE)).toBe(-Errno.EFAULT);
    expect(sys("ioctl", 2, 0x5413, buffer)).toBe(-Errno.ENOTTY);
  });

  const pollfds = (harness: Harness, ...rows: readonly (readonly [number, number])[]): number => {
    const bytes = new Uint8Array(rows.length * 8);
    const view = new DataView(bytes.buffer);
    rows.forEach(([fd, events], index) => {
      view.setInt32(index * 8, fd, true);
      view.setUint16(index * 8 + 4, events, true);
    });
    return harness.put(bytes);
  };

  it("poll: what is open is ready, what is not is POLLNVAL, and −1 is skipped", () => {
    const harness = start();
    const fds = pollfds(harness, [0, 1], [1, 4], [77, 1], [-1, 1]);
    expect(harness.sys("poll", fds, 4, -1)).toBe(3);
    expect([0, 1, 2, 3].map((row) => harness.view(fds, 32).getUint16(row * 8 + 6, true))).toEqual([1, 4, 0x20, 0]);
  });

  it("poll without anything to wait for lets its timeout pass, or waits for ever", () => {
    const harness = start();
    const before = harness.nowNs;
    expect(harness.sys("poll", 0, 0, 250)).toBe(0);
    expect(harness.nowNs - before).toBe(250_000_000n);
    const timespec = new BigInt64Array([1n, 5n]);
    expect(harness.sys("ppoll", 0, 0, harness.put(new Uint8Array(timespec.buffer)), 0, 8)).toBe(0);
    expect(harness.nowNs - before).toBe(1_250_000_005n);
    expect(harness.sys("poll", 0, 1025, 0)).toBe(-Errno.EINVAL);
    expect(harness.sys("poll", NOWHERE, 1, 0)).toBe(-Errno.EFAULT);
    expect(harness.sys("ppoll", 0, 0, NOWHERE, 0, 8)).toBe(-Errno.EFAULT);
    harness.sys("poll", 0, 0, -1);
    expect(harness.process.end).toEqual({ kind: "deadlock", what: "poll with nothing that can become ready" });
  });

  it("/proc/self/maps and cmdline", () => {
    const harness = start({ args: ["program", "-x"] });
    const { sys, put, bytes } = harness;
    const buffer = put(4096);
    const read = (path: string): string => decode(bytes(buffer, sys("read", open(harness, path), buffer, 4096)));
    expect(read("/proc/self/cmdline")).toBe("program\0-x\0");
    const lines = read("/proc/self/maps").split("\n");
    expect(lines[0]).toMatch(/^000000400000-000000402000 r-xp 00000000 00:01 0 +\/bin\/program$/);
    expect(lines.some((line) => line.endsWith("[stack]"))).toBe(true);
  });
});
