import { defineConfig } from "vitest/config";

/** `npm test` runs every package's own configuration in one process; `pnpm --filter NAME test` runs one alone. */
export default defineConfig({
  test: { projects: ["packages/*", "apps/*", "tooling/*/vitest.config.mjs"], maxWorkers: 2 },
});
