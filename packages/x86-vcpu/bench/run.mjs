/** node bench/run.mjs [rounds] [workload]: loads the benchmark from source through Vite and prints a table. */
import { createRequire } from "node:module";

// Vite comes with vitest.
const { createServer } = await import(createRequire(import.meta.resolve("vitest")).resolve("vite"));

const server = await createServer({
  configFile: false,
  root: new URL("..", import.meta.url).pathname,
  server: { middlewareMode: true },
  appType: "custom",
  logLevel: "error",
  optimizeDeps: { noDiscovery: true },
  resolve: { conditions: ["hvm-source"] },
  ssr: { resolve: { conditions: ["hvm-source"] }, noExternal: true },
});
const { benchTiers } = await server.ssrLoadModule("/bench/tiers.bench.ts");
const rows = benchTiers(Number(process.argv[2] ?? 5), process.argv[3]);
for (const { name, instructions, mips } of rows) {
  const cells = Object.entries(mips).map(([tier, value]) => `${tier} ${value.toFixed(value < 10 ? 2 : 0)} MIPS`);
  console.log(`${name.padEnd(6)} ${(instructions / 1e6).toFixed(1).padStart(7)} M instructions  ${cells.join("  ")}`);
}
await server.close();
