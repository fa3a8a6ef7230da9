import { describe, expect, it } from "vitest";
import { codeFile, codeFolder, type Surroundings } from "./code-place.ts";

const linux: Surroundings = {
  env: { HOME: "/home/u" },
  platform: "linux",
  v8: "11.3",
  arch: "x64",
  execArgv: [],
  bundle: "/opt/hvm/app",
};

describe("[hvm] where compiled code is kept", () => {
  it.each([
    ["linux", { HOME: "/home/u" }, "/home/u/.cache/hvm"],
    ["linux", { HOME: "/home/u", XDG_CACHE_HOME: "/var/c" }, "/var/c/hvm"],
    ["linux", { HOME: "/home/u", XDG_CACHE_HOME: "relative" }, "/home/u/.cache/hvm"],
    ["darwin", { HOME: "/Users/u" }, "/Users/u/Library/Caches/hvm"],
    ["linux", {}, undefined],
    ["linux", { HOME: "" }, undefined],
    ["linux", { HOME: "/home/u", HVM_CODE_CACHE: "0" }, undefined],
    ["linux", { HOME: "/home/u", NODE_DISABLE_COMPILE_CACHE: "1" }, undefined],
  ])("%s, %o: %s", (platform, env, folder) => {
    expect(codeFolder({ platform, env })).toBe(folder);
  });

  it("each command, version, processor, set of flags and bundle has a file of its own", () => {
    const files = [
      codeFile("run", linux),
      codeFile("exec", linux),
      codeFile("run", { ...linux, v8: "12.4" }),
      codeFile("run", { ...linux, arch: "arm64" }),
      codeFile("run", { ...linux, execArgv: ["--no-opt"] }),
      codeFile("run", { ...linux, env: { ...linux.env, NODE_OPTIONS: "--no-opt" } }),
      codeFile("run", { ...linux, bundle: "/other/app" }),
    ];
    expect(new Set(files).size).toBe(files.length);
    expect(files[0]).toMatch(/^\/home\/u\/\.cache\/hvm\/run-[0-9a-f]{8}\.code$/);
    expect(codeFile("run", { ...linux })).toBe(files[0]);
  });

  it("there is none for what is no command", () => {
    for (const word of [undefined, "", "--help", "../run", "runs"]) expect(codeFile(word, linux)).toBeUndefined();
  });
});
