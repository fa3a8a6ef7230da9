/** The files of a new library package, as { path: text }. Used by `pnpm new package NAME`. */
export function packageTemplate({
  name,
  description,
  dependencies = [],
  repository = "git+https://github.com/simulated-hvm/simulated-hvm.git",
}) {
  const example = `import * as all from "${name}";\n\nconsole.log(\`\${Object.keys(all).length} exports\`);\n`;
  const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
  return {
    "package.json": json({
      name,
      version: "0.0.0",
      description,
      license: "MIT",
      type: "module",
      sideEffects: false,
      exports: {
        ".": { "hvm-source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
        "./package.json": "./package.json",
      },
      files: ["dist", "src", "!src/**/*.test.ts"],
      engines: { node: ">=20.19" },
      repository: { type: "git", url: repository, directory: `packages/${name}` },
      publishConfig: { access: "public", provenance: true },
      scripts: {
        build: "build-package",
        typecheck: "tsc -p tsconfig.json",
        test: "vitest run",
      },
      ...(dependencies.length ? { dependencies: Object.fromEntries(dependencies.map((d) => [d, "workspace:^"])) } : {}),
      devDependencies: {
        "@types/node": "catalog:",
        "build-package": "workspace:*",
        "fast-check": "catalog:",
        tsconfig: "workspace:*",
        typescript: "catalog:",
        vitest: "catalog:",
        "vitest-preset": "workspace:*",
      },
    }),
    "tsconfig.json": json({ extends: "tsconfig/check.json" }),
    "tsconfig.build.json": json({ extends: "tsconfig/build.json" }),
    "vitest.config.mjs": `import preset from "vitest-preset";\n\nexport default preset();\n`,
    "src/index.ts": `/** ${description} */\nexport {};\n`,
    "examples/readme.ts": example,
    "test/readme.test.ts": `import { checkReadmeExample } from "vitest-preset/readme";\n\ncheckReadmeExample(import.meta.url);\n`,
    "README.md": `# ${name}\n\n${description}\n\n## What\n\n## Install\n\n\`\`\`sh\nnpm install ${name}\n\`\`\`\n\n## Example\n\n\`\`\`ts\n${example}\`\`\`\n\n\`\`\`text\n0 exports\n\`\`\`\n\n## API\n\n## Limits\n\n## Sources\n`,
  };
}
