#!/usr/bin/env node
import module from "node:module";

// Node 22.8 and later then keep what they compiled (in the temporary folder, as NODE_COMPILE_CACHE says, or not at all with
// NODE_DISABLE_COMPILE_CACHE=1): loading is most of a short run.
const { enableCompileCache } = module as { enableCompileCache?: () => unknown };
enableCompileCache?.();
await import("./process.ts");
