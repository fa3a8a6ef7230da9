// Writes the generated sources: `npm run gen`. The test `test/generated.test.ts` fails if they are stale.
import { writeFileSync } from "node:fs";
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
try {
  const { generate } = await server.ssrLoadModule("/scripts/generate.ts");
  for (const [file, text] of generate()) writeFileSync(new URL(`../${file}`, import.meta.url), text);
} finally {
  await server.close();
}
