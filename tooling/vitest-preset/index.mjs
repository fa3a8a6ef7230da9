import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

/**
 * One preset for every package: tests run on the sources (`hvm-source`), so nothing has to be built first.
 * Both places are needed: without `ssr.resolve` the suite fails to resolve workspace packages.
 */
const conditions = ["hvm-source", ...defaultServerConditions];

export default (overrides = {}) =>
  defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      include: ["src/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
      reporters: ["default"],
      testTimeout: 120_000,
      maxWorkers: 2,
      ...overrides,
    },
  });
