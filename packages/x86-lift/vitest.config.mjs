import preset from "vitest-preset";

// The semantics are some hundred modules: without isolation each worker loads them once, not once per test file.
export default preset({ isolate: false });
