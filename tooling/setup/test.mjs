// `npm test`: everything that CI checks, in the order in which a mistake shows soonest.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bin, build, root, run, say, setUp, stage } from "./setup.mjs";

const node = process.execPath;
let passed = 0;
let failed = 0;
const count = (result) => {
  if (result.ok) passed++;
  else failed++;
  return result.ok;
};
const close = () => {
  say("");
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
};

if (!setUp()) {
  failed++;
  close();
}
count(stage("guests from Debian packages", () => run(node, ["tooling/guests/fetch.mjs"])));
count(stage("lint and format", () => run(bin("biome"), ["check", "."])));
count(stage("layers", () => run(node, ["tooling/layers/check.mjs"])));
count(stage("types", () => run(bin("turbo"), ["run", "typecheck", "--output-logs=errors-only"])));
count({ ok: build() });

const report = join(root, ".cache", "vitest.json");
rmSync(report, { force: true });
const tests = stage("tests", () => {
  const result = run(bin("vitest"), ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`]);
  if (!existsSync(report)) return { ok: false, output: result.output };
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites, success } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  passed += numPassedTests;
  // A suite that does not even load has no failing test, and is a failure all the same.
  failed += numFailedTests || (success ? 0 : Math.max(1, numFailedTestSuites));
  const skipped = numPendingTests ? `, ${numPendingTests} skipped` : "";
  return { ok: success, output: result.output, note: `${numPassedTests} passed, ${numFailedTests} failed${skipped}` };
});
if (tests.ok && process.env.HVM_SHOW_TESTS) say(tests.output);
count(stage("packages pack, install and run their examples", () => run(node, ["tooling/pack-check/check.mjs"])));
close();
