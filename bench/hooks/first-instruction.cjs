// Preloaded by start.mjs: notes when the interpreter is first entered, in ms since Node's process began, and ends the process there.
const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, [module, imports]) {
    const instance = new target(module, imports);
    const { run } = instance.exports;
    if (imports?.tier1 === undefined || run === undefined) return instance;
    const entered = () => {
      process.stderr.write(`\nfirst-instruction ${globalThis.times().join(" ")}\n`);
      process.exit(0);
    };
    return { exports: { ...instance.exports, run: entered } };
  },
});
const processor = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const ready = [performance.now(), processor()];
/** Since Node was ready, then since the process began: elapsed, processor time; in ms. */
globalThis.times = () => {
  const now = [performance.now(), processor()];
  return [now[0] - ready[0], now[1] - ready[1], ...now];
};
