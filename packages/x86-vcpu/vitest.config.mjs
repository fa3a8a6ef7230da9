import preset from "vitest-preset";

// The tests keep nothing between files but idle machines (test/machine.ts): modules are loaded once a worker, not once a file.
export default preset({ isolate: false });
