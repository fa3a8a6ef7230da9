import { describe, expect, it } from "vitest";
import { start } from "../test/harness.ts";

describe("trace lines", () => {
  it.each([
    ["openat", [0xffff_ff9cn, '"/etc/hello"', 0x8_0000, 0], 'openat(AT_FDCWD, "/etc/hello", 0x80000, 00) = 3'],
    ["open", ['"/none"', 0, 0o644], 'open("/none", 0x0, 0644) = -1 ENOENT'],
    ["open", [0, 0, 0], "open(NULL, 0x0, 00) = -1 EFAULT"],
    ["open", [0x1234, 0, 0], "open(0x1234, 0x0, 00) = -1 EFAULT"],
    ["open", [`"/${"x".repeat(80)}"`, 0, 0], `open("/${"x".repeat(63)}…", 0x0, 00) = -1 ENOENT`],
    ["open", ['"/a\u001b[2J"', 0, 0], 'open("/a\\u001b[2J", 0x0, 00) = -1 ENOENT'],
    ["close", [-1], "close(-1) = -1 EBADF"],
    ["close", [0xffff_ffffn], "close(-1) = -1 EBADF"],
    ["write", [1, 0, -1], "write(1, NULL, -1) = -1 EINVAL"],
    ["lseek", [1, -5, 0], "lseek(1, -5, 0) = -1 ESPIPE"],
    ["tkill", [1000, 0], "tkill(1000, 0) = 0"],
    ["tkill", [999, 11], "tkill(999, SIGSEGV) = -1 ESRCH"],
    ["getpid", [], "getpid() = 1000"],
    ["brk", [0], "brk(NULL) = 0x405000"],
    ["exit_group", [3], "exit_group(3) = ?"],
    [435, [1, 2, 3, 4, 5, -6], "syscall_435(0x1, 0x2, 0x3, 0x4, 0x5, -0x6) = -1 ENOSYS"],
  ] as const)("%s", (name, args, line) => {
    const { sys, put, lines } = start();
    sys(
      name,
      ...args.map((arg) => (typeof arg === "string" ? put(JSON.parse(JSON.stringify(arg)).slice(1, -1)) : arg)),
    );
    expect(lines).toEqual([line]);
  });

  it("shows arguments as they were before the call", () => {
    const { sys, put, lines } = start();
    const path = put("/etc/hello");
    const fd = sys("open", path, 0, 0);
    sys("read", fd, path, 12);
    expect(lines[0]).toContain('"/etc/hello"');
  });
});
