import preset from "vitest-preset";

export default preset({ include: ["test/**/*.test.mjs"] });
