import preset from "../vitest-preset/index.mjs";

export default preset({ include: ["test/**/*.test.mjs"] });
