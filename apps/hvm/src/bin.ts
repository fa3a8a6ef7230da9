#!/usr/bin/env node
/** The command as it is installed: finds its chunks and their compiled code, and runs them. */
import { join } from "node:path";
import { runChunks } from "./start/chunks.ts";
import { codeFile } from "./start/code-place.ts";

/** A run that takes longer has lost code by then that is needed only at the start: V8 throws away what has not run for a while. */
const MAX_SECONDS = 5;
/** From EX_USAGE to EX_CANTCREAT of `ExitCode`: little of the command has run. */
const isEarlyFailure = (status: number): boolean => status >= 64 && status <= 73;

const { argv, env, platform, arch, versions, execArgv } = process;
const bundle = join(__dirname, "app");
const keep = runChunks(
  bundle,
  "process.js",
  codeFile(argv[2], { env, platform, arch, v8: versions.v8, execArgv, bundle }),
  require,
);
process.once("exit", (status) => {
  const isHelp = argv.includes("--help") || argv.includes("-h");
  if (!isHelp && !isEarlyFailure(status) && process.uptime() < MAX_SECONDS) keep();
});
