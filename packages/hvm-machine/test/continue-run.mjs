// A process of its own: continues the machine of a file, and tells where it ends. `node continue-run.mjs FILE CONFIG`
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deserialize } from "node:v8";
import { createViteServer } from "vitest/node";

const root = fileURLToPath(new URL("..", import.meta.url));
const server = await createViteServer({
  ...{ configFile: false, root, logLevel: "error", appType: "custom" },
  ...{ server: { middlewareMode: true, watch: null, hmr: false, ws: false }, optimizeDeps: { noDiscovery: true } },
  ssr: { noExternal: true, resolve: { conditions: ["hvm-source"], externalConditions: ["hvm-source"] } },
});
const { finish } = await server.ssrLoadModule("/test/small-guests.ts");
const jobs = deserialize(readFileSync(process.argv[2]));
process.stdout.write(JSON.stringify(jobs.map(({ name, state }) => finish(name, state))));
await server.close();
