// `npm run --silent hvm -- ARGS`: the command line from the checkout, built when something has changed.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildCommand, root, setUp } from "./setup.mjs";

if (!setUp() || !buildCommand()) process.exit(70);
// npm runs scripts in the package's folder; people mean the folder they stand in.
if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
await import(pathToFileURL(join(root, "apps", "hvm", "dist", "bin.js")).href);
