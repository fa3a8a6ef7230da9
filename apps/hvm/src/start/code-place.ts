/** Where compiled code is kept between runs, and whether. */
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type CommandName, commandNames } from "../commands/names.ts";

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** Decide what compiled code is good for: V8's version, the processor, Node's flags. */
  readonly v8: string;
  readonly arch: string;
  readonly execArgv: readonly string[];
  /** Of the command's chunks. */
  readonly bundle: string;
}

/** The user's folder for what can be made again; undefined without one, and with HVM_CODE_CACHE=0 or Node's NODE_DISABLE_COMPILE_CACHE=1. */
export function codeFolder({ env, platform }: Pick<Surroundings, "env" | "platform">): string | undefined {
  if (env["HVM_CODE_CACHE"] === "0" || env["NODE_DISABLE_COMPILE_CACHE"]) return undefined;
  if (platform === "win32") return under(env["LOCALAPPDATA"], "hvm", "cache");
  const { XDG_CACHE_HOME } = env;
  // The XDG specification: a path that is not absolute is as good as none.
  if (XDG_CACHE_HOME?.startsWith("/")) return under(XDG_CACHE_HOME, "hvm");
  return platform === "darwin" ? under(env["HOME"], "Library", "Caches", "hvm") : under(env["HOME"], ".cache", "hvm");
}

const under = (base: string | undefined, ...parts: string[]): string | undefined =>
  base ? join(base, ...parts) : undefined;

/** The file for one command of one bundle under one Node; undefined: none. */
export function codeFile(command: string | undefined, surroundings: Surroundings): string | undefined {
  const folder = codeFolder(surroundings);
  const { env, v8, arch, execArgv, bundle } = surroundings;
  if (folder === undefined || !isCommand(command)) return undefined;
  const kind = [v8, arch, bundle, ...execArgv, env["NODE_OPTIONS"] ?? ""].join("\0");
  return join(folder, `${command}-${crc32(kind).toString(16).padStart(8, "0")}.code`);
}

const isCommand = (word: string | undefined): word is CommandName =>
  (commandNames as readonly (string | undefined)[]).includes(word);
