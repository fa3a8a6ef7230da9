// Packs every package as npm would publish it and uses the tarballs as a stranger would:
// publint (strict), are-the-types-wrong (esm-only), then one empty ESM project that installs them all, type-checks each
// README example against the published types and runs it; the command's tarball runs its demonstration. Works offline:
// nothing but the tarballs is installed.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const bin = (name) => join(root, "node_modules", ".bin", name);
const env = { ...process.env, NO_COLOR: "1", npm_config_update_notifier: "false" };
const run = (command, args, cwd) =>
  spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
const block = (text, language) => new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(text)?.[1];

const work = mkdtempSync(join(tmpdir(), "pack-check-"));
const failures = [];
const fail = (name, what, output) => failures.push(`${name}: ${what}\n${(output ?? "").trim()}`);

try {
  const packages = readdirSync(join(root, "packages")).filter((name) =>
    existsSync(join(root, "packages", name, "package.json")),
  );
  const tarballs = {};
  for (const name of packages) {
    const folder = join(root, "packages", name);
    const packed = run(bin("pnpm"), ["pack", "--pack-destination", work], folder);
    const file = readdirSync(work).find(
      (entry) => entry.startsWith(`${name}-`) && /^\d/.test(entry.slice(name.length + 1)),
    );
    if (packed.status !== 0 || !file) {
      fail(name, "pnpm pack", packed.stdout + packed.stderr);
      continue;
    }
    tarballs[name] = join(work, file);
    const lint = run(bin("publint"), ["run", tarballs[name], "--strict"], folder);
    if (lint.status !== 0) fail(name, "publint --strict", lint.stdout + lint.stderr);
    const types = run(
      bin("attw"),
      [tarballs[name], "--profile", "esm-only", "--no-color", "--no-emoji", "--format", "ascii"],
      folder,
    );
    if (types.status !== 0) fail(name, "attw --profile esm-only", types.stdout + types.stderr);
  }

  // The stranger's project. Tarballs are unpacked where npm would put them, so no registry is asked.
  const project = join(work, "project");
  for (const [name, file] of Object.entries(tarballs)) {
    const target = join(project, "node_modules", name);
    mkdirSync(target, { recursive: true });
    const out = run("tar", ["-xzf", file, "-C", target, "--strip-components=1"], work);
    if (out.status !== 0) fail(name, "tar", out.stderr);
    const manifest = JSON.parse(readFileSync(join(target, "package.json"), "utf8"));
    for (const [dependency, range] of Object.entries(manifest.dependencies ?? {})) {
      if (!tarballs[dependency]) fail(name, `depends on ${dependency}, which is not a package of this workspace`);
      if (/^workspace:/.test(range)) fail(name, `publishes the range ${range} for ${dependency}`);
    }
    // The source condition is ours alone; a stranger's resolver must not need it.
    if (!existsSync(join(target, "LICENSE"))) fail(name, "no LICENSE in the tarball");
  }
  mkdirSync(join(project, "src"), { recursive: true });
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }));
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        module: "NodeNext",
        target: "ES2022",
        lib: ["ES2022", "DOM"],
        types: [],
        outDir: "out",
        rootDir: "src",
        skipLibCheck: false,
      },
      include: ["src"],
    }),
  );
  const examples = [];
  for (const name of Object.keys(tarballs)) {
    const readme = readFileSync(join(project, "node_modules", name, "README.md"), "utf8");
    const code = block(readme, "ts");
    if (code === undefined) {
      fail(name, "the README has no ts example");
      continue;
    }
    writeFileSync(join(project, "src", `${name}.ts`), code);
    examples.push([name, block(readme, "text")]);
  }
  const checked = run(bin("tsc"), ["-p", project], project);
  if (checked.status !== 0) fail("README examples", "tsc against the published types", checked.stdout + checked.stderr);
  for (const [name, wanted] of examples) {
    const out = run(process.execPath, [join(project, "out", `${name}.js`)], project);
    if (out.status !== 0) fail(name, "README example", out.stdout + out.stderr);
    else if (out.stdout !== wanted) fail(name, `README example printed\n${out.stdout}instead of\n${wanted}`);
  }

  // The command: one bundle that needs nothing beside itself.
  const command = join(root, "apps", "hvm");
  const packedCommand = run(bin("pnpm"), ["pack", "--pack-destination", work], command);
  const commandFile = readdirSync(work).find((entry) => /^hvm-\d/.test(entry));
  if (packedCommand.status !== 0 || !commandFile) fail("hvm", "pnpm pack", packedCommand.stdout + packedCommand.stderr);
  else {
    const target = join(work, "command");
    mkdirSync(target);
    const out = run("tar", ["-xzf", join(work, commandFile), "-C", target, "--strip-components=1"], work);
    if (out.status !== 0) fail("hvm", "tar", out.stderr);
    const manifest = JSON.parse(readFileSync(join(target, "package.json"), "utf8"));
    if (Object.keys(manifest.dependencies ?? {}).length) fail("hvm", "is a bundle and has dependencies");
    const lint = run(bin("publint"), ["run", join(work, commandFile), "--strict"], command);
    if (lint.status !== 0) fail("hvm", "publint --strict", lint.stdout + lint.stderr);
    const demo = run(process.execPath, [join(target, manifest.bin.hvm), "demo"], target);
    if (demo.status !== 0) fail("hvm", "hvm demo from the tarball", demo.stdout + demo.stderr);
  }
  if (process.env.PACK_CHECK_KEEP) cpSync(work, process.env.PACK_CHECK_KEEP, { recursive: true });
  if (failures.length === 0)
    console.log(
      `${Object.keys(tarballs).length} packages and the command packed, ${examples.length} examples run from tarballs`,
    );
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (failures.length) {
  console.error(failures.join("\n\n"));
  process.exit(1);
}
