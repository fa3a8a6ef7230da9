// Runs a TypeScript file of this package on any Node version: `node scripts/run.mjs scripts/x.ts args…`.
import { fileURLToPath } from "node:url";
import { createViteServer } from "vitest/node";

const root = fileURLToPath(new URL("..", import.meta.url));
const server = await createViteServer({
  root,
  configFile: false,
  logLevel: "error",
  server: { middlewareMode: true, hmr: false, watch: null },
  appType: "custom",
});
const [file, ...args] = process.argv.slice(2);
try {
  const module = await server.ssrLoadModule(`/${file}`);
  await module.main(args);
} finally {
  await server.close();
}
