import { describe, expect, it } from "vitest";
import { FileTree, memoryFiles } from "./files.ts";
import { systemFiles } from "./system-files.ts";

const texts = systemFiles({
  pid: 1000,
  name: "a-program-with-a-long-name",
  uid: 7,
  gid: 8,
  memoryBytes: 64 << 20,
  commandLine: () => "a\0b\0",
  maps: () => "maps\n",
  uptimeNs: () => 12_345_678_900n,
});
const tree = new FileTree(memoryFiles({ "/proc/self/secret": "host", "/sys/x": "host" }), texts, {
  "/proc/self": () => "1000",
  "/proc/1000/exe": () => "/bin/a",
});
const read = (path: string): string | undefined => {
  const found = tree.resolve(path, "/");
  return typeof found === "number" ? undefined : new TextDecoder().decode(found.content?.());
};

describe("[linux-process] /proc and /sys", () => {
  it("show the program to itself through /proc/self", () => {
    expect(read("/proc/self/cmdline")).toBe("a\0b\0");
    expect(read("/proc/1000/comm")).toBe("a-program-with-\n");
    expect(read("/proc/self/status")?.split("\n")).toEqual(
      expect.arrayContaining(["Pid:\t1000", "TracerPid:\t0", "Uid:\t7\t7\t7\t7", "Gid:\t8\t8\t8\t8"]),
    );
    expect(tree.link("/proc/self")).toBe("1000");
  });

  it("show the kernel and the memory", () => {
    expect(read("/proc/sys/kernel/osrelease")).toBe("6.1.0\n");
    expect(read("/proc/uptime")).toBe("12.34 0.00\n");
    expect(read("/proc/meminfo")).toMatch(/^MemTotal: +65536 kB\n/);
  });

  it("list their directories", () => {
    expect(tree.list("/proc/sys")).toEqual(["kernel", "vm"]);
    expect(tree.list("/sys/devices/system")).toEqual(["cpu"]);
    expect(tree.list("/proc")).toEqual(expect.arrayContaining(["1", "1000", "self", "sys", "version"]));
  });

  it("never show the host's", () => {
    expect([read("/proc/self/secret"), read("/sys/x"), read("/proc/2/status")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
