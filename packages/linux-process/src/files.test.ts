import { describe, expect, it } from "vitest";
import { Errno } from "./errno.ts";
import { FileTree, type HostFiles, memoryFiles } from "./files.ts";

const host = memoryFiles({
  "/etc/passwd": "root:x:0:0\n",
  "/usr/bin/tool": "tool",
  "/bin": { link: "usr/bin" },
  "/a/b/c": "deep",
  "/a/up": { link: ".." },
  "/a/out": { link: "../../../../etc/passwd" },
  "/a/absolute": { link: "/etc/passwd" },
  "/a/dangling": { link: "nowhere" },
  "/a/loop": { link: "loop" },
  "/a/ping": { link: "pong" },
  "/a/pong": { link: "ping" },
  "/a/proc": { link: "/proc/1/environ" },
  "/a/exe": { link: "/proc/self/exe" },
  ...Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`/chain/${i}`, i === 0 ? "end" : { link: `${i - 1}` }])),
  "/proc/1/environ": "the host's",
  "/dev/sda": "the host's",
});
const tree = new FileTree(host, { "/proc/self/maps": () => "maps" }, { "/proc/self/exe": () => "/usr/bin/tool" });

describe("[FileTree]", () => {
  it.each([
    ["/etc/passwd", "/", "/etc/passwd"],
    ["passwd", "/etc", "/etc/passwd"],
    [".//./passwd", "/etc", "/etc/passwd"],
    ["/../../etc/passwd", "/", "/etc/passwd"],
    ["../../../etc/passwd", "/usr/bin", "/etc/passwd"],
    ["/bin/tool", "/", "/usr/bin/tool"],
    ["/bin/../bin/tool", "/", "/usr/bin/tool"],
    ["/a/up/etc", "/", "/etc"],
    ["/a/out", "/", "/etc/passwd"],
    ["/a/absolute", "/", "/etc/passwd"],
    ["/a/exe", "/", "/usr/bin/tool"],
    ["/dev/../etc", "/", "/etc"],
    ["/dev/null", "/", "/dev/null"],
    ["/etc/", "/", "/etc"],
    ["/", "/", "/"],
    ["..", "/", "/"],
    ["/chain/40", "/", "/chain/0"],
  ])("%s from %s is %s", (path, from, wanted) => {
    const resolved = tree.resolve(path, from);
    expect(typeof resolved === "number" ? resolved : resolved.path).toBe(wanted);
  });

  it.each([
    ["", "ENOENT"],
    ["/nothing", "ENOENT"],
    ["/nothing/../etc", "ENOENT"],
    ["/etc/passwd/", "ENOTDIR"],
    ["/etc/passwd/.", "ENOTDIR"],
    ["/etc/passwd/..", "ENOTDIR"],
    ["/etc/passwd/x", "ENOTDIR"],
    ["/a/dangling", "ENOENT"],
    ["/a/loop", "ELOOP"],
    ["/a/ping", "ELOOP"],
    ["/proc/1/environ", "ENOENT"],
    ["/a/proc", "ENOENT"],
    ["/dev/sda", "ENOENT"],
    ["/sys/kernel", "ENOENT"],
    [`/${"x".repeat(4096)}`, "ENAMETOOLONG"],
  ] as const)("%s fails with %s", (path, errno) => {
    expect(tree.resolve(path, "/")).toBe(-Errno[errno]);
  });

  it("41 links in one walk are one too many", () => {
    const long = new FileTree(
      memoryFiles({
        ...Object.fromEntries(Array.from({ length: 42 }, (_, i) => [`/${i}`, i === 0 ? "end" : { link: `${i - 1}` }])),
      }),
      {},
      {},
    );
    expect(typeof long.resolve("/40", "/")).toBe("object");
    expect(long.resolve("/41", "/")).toBe(-Errno.ELOOP);
  });

  it("links whose targets multiply end, too", () => {
    // Each step would add two thousand more; what is still to be walked is bounded as a path is.
    const target = "x/".repeat(2000);
    expect(
      new FileTree(memoryFiles({ "/x": { link: target } }), {}, { "/proc/self/exe": () => "/" }).resolve("/x", "/"),
    ).toBe(-Errno.ENAMETOOLONG);
  });

  it("noFollow stops at the last component only", () => {
    expect(tree.resolve("/a/absolute", "/", true)).toMatchObject({ path: "/a/absolute", stat: { kind: "symlink" } });
    expect(tree.resolve("/bin/tool", "/", true)).toMatchObject({ path: "/usr/bin/tool" });
    expect(tree.resolve("/bin", "/", true)).toMatchObject({ path: "/bin" });
    expect(tree.resolve("/bin/", "/", true)).toMatchObject({ path: "/usr/bin" });
  });

  it("never asks the host for a path with .. or a link before the end", () => {
    const asked: string[] = [];
    const watched: HostFiles = {
      ...host,
      lstat(path) {
        asked.push(path);
        return host.lstat(path);
      },
    };
    const guarded = new FileTree(watched, {}, { "/proc/self/exe": () => "/" });
    for (const path of ["/a/out", "/../../../etc/passwd", "/bin/../../../etc", "/a/up/../../a/b/c", "a/../../.."])
      guarded.resolve(path, "/a");
    expect(asked.filter((path) => path.split("/").some((part) => part === ".." || part === "."))).toEqual([]);
  });

  it("lists directories of the host and its own", () => {
    expect(tree.list("/usr/bin")).toEqual(["tool"]);
    expect(tree.list("/dev")).toEqual(["full", "null", "random", "tty", "urandom", "zero"]);
    expect(tree.list("/etc/passwd")).toBe(undefined);
    expect(tree.list("/dev/null")).toBe(undefined);
  });

  it("links answer, other things do not", () => {
    expect([tree.link("/bin"), tree.link("/proc/self/exe"), tree.link("/etc"), tree.link("/dev/null")]).toEqual([
      "usr/bin",
      "/usr/bin/tool",
      undefined,
      undefined,
    ]);
  });

  it("a synthetic file is made when it is read", () => {
    const resolved = tree.resolve("/proc/self/maps", "/");
    expect(typeof resolved !== "number" && new TextDecoder().decode(resolved.content?.())).toBe("maps");
  });
});
