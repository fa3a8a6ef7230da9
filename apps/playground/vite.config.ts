import { defineConfig } from "vite";

export default defineConfig({
  // Any folder of any static host will do.
  base: "./",
  // From the packages' sources: nothing has to be built before.
  resolve: { conditions: ["hvm-source", "import", "module", "browser", "default"] },
  build: { target: "es2022", chunkSizeWarningLimit: 2000 },
  worker: { format: "es" },
});
