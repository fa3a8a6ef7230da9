// `npm start`: install, build, and run the main job: the embedded guest that finds VMware's backdoor.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildCommand, root, setUp } from "./setup.mjs";

if (!setUp() || !buildCommand()) process.exit(1);
process.argv.splice(2, process.argv.length - 2, "demo", ...process.argv.slice(2));
await import(pathToFileURL(join(root, "apps", "hvm", "dist", "bin.js")).href);
