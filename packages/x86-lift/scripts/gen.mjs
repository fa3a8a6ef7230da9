// Writes src/semantics/index.gen.ts and docs/reference: `npm run gen`. test/generated.test.ts fails if they are stale.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createViteServer } from "vitest/node";
import { generateIndex, generateIrReference, generateReference } from "./generate.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const write = (file, text) => writeFileSync(`${root}${file}`, text);
write("src/semantics/index.gen.ts", generateIndex());

const conditions = ["hvm-source", "module", "node", "development|production"];
const server = await createViteServer({
  root,
  configFile: false,
  logLevel: "error",
  server: { middlewareMode: true, hmr: false, ws: false },
  appType: "custom",
  resolve: { conditions },
  ssr: { resolve: { conditions } },
});
try {
  const { mnemonicNames } = await server.ssrLoadModule("x86-decode");
  const load = (file) => server.ssrLoadModule(`/src/semantics/${file}`);
  mkdirSync(`${root}docs/reference`, { recursive: true });
  write("docs/reference/instructions.md", await generateReference(load, mnemonicNames));
  write("docs/reference/ir.md", generateIrReference(await server.ssrLoadModule("/src/index.ts")));
} finally {
  await server.close();
}
