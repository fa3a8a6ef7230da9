// An asciicast of a log as a picture that moves: SVG with CSS, no script, no font of its own. Who wants no motion sees its end.
// `node scripts/cast-picture.mjs FILE.cast FILE.svg "TITLE"`; `hvm run --record FILE.cast` makes the recording.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const COLUMNS = 100;
const ROWS = 37;
const CELL = { width: 7.23, height: 16.5 };
const PADDING = 16;
const TITLE_HEIGHT = 34;
const BAR_HEIGHT = 3;
/** Seconds for the viewer: between two lines at least and at most, before a command, and at the end. */
const PACE = { least: 0.03, most: 0.5, stretch: 12, command: 0.55, hold: 7 };

/** What stands out, by the line's text: the first that matches. */
const rules = [
  [/Hypervisor detected|on VMware hypervisor|vmware: |TSC freq read/, "hot"],
  [/^\$ /, "cmd"],
  [/^= \d+$/, "dim"],
  [/^INIT /, "mark"],
  [/^\[ *\d+\.\d+\]/, "log"],
];

/**
 * The rows of a terminal that only ever scrolls, each with the second of the recording at which it began: carriage return, tab, backspace and
 * wrapping; colours and cursor movements are left out.
 * @param {string} cast
 * @returns {{ title: string, rows: { at: number, text: string }[] }}
 */
export function castRows(cast) {
  const [head, ...events] = cast
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  if (head?.version !== 2) throw new Error("an asciicast of version 2 expected");
  const rows = [];
  let row;
  let column = 0;
  for (const [at, kind, text] of events) {
    if (kind !== "o") continue;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
    for (const char of text.replace(/\x1b(?:\[[0-9;?]*[@-~]|[@-Z\\-_])/g, "")) {
      if (char === "\n") row = undefined;
      else if (char === "\r") column = 0;
      else if (char === "\b") column = Math.max(0, column - 1);
      else if (char === "\t" || char >= " ") {
        const cells = char === "\t" ? " ".repeat(8 - (column % 8)) : char;
        if (row === undefined || column + cells.length > COLUMNS) {
          row = { at, text: "" };
          rows.push(row);
          column = 0;
        }
        row.text = row.text.slice(0, column).padEnd(column) + cells + row.text.slice(column + cells.length);
        column += cells.length;
      }
      if (char === "\n") column = 0;
    }
  }
  return { title: head.title ?? "", rows };
}

const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const number = (value) => String(Math.round(value * 100) / 100);

/** When each row comes, in seconds of the picture. */
function schedule(rows) {
  let now = 0.4;
  let before = rows[0]?.at ?? 0;
  return rows.map(({ at, text }) => {
    const gap = Math.min(PACE.most, Math.max(PACE.least, (at - before) * PACE.stretch));
    before = at;
    now += text.startsWith("$ ") ? Math.max(gap, PACE.command) : gap;
    return now;
  });
}

function line({ text }, index) {
  const [, style = ""] = rules.find(([pattern]) => pattern.test(text)) ?? [];
  const stamp = /^\[ *\d+\.\d+\] /.exec(text)?.[0] ?? "";
  const y = number((index + 1) * CELL.height - 5);
  const rest = escaped(text.slice(stamp.length).trimEnd());
  const body = stamp === "" ? rest : `<tspan class="t">${escaped(stamp)}</tspan>${rest}`;
  return `<text y="${y}"${style === "" || style === "log" ? "" : ` class="${style}"`}>${body}</text>`;
}

/**
 * @param {string} cast
 * @param {string} [title]
 */
export function castSvg(cast, title) {
  const { title: own, rows } = castRows(cast);
  const times = schedule(rows);
  const total = (times.at(-1) ?? 0) + PACE.hold;
  const width = Math.ceil(COLUMNS * CELL.width + 2 * PADDING);
  const screen = ROWS * CELL.height;
  const height = TITLE_HEIGHT + PADDING + screen + PADDING;
  const shift = (shown) => `transform:translateY(${number(screen - shown * CELL.height)}px)`;
  const percent = (seconds) => `${number((seconds / total) * 100)}%`;
  // Rows that come within the same hundredth of a percent come together.
  const frames = new Map([["0%", shift(0)]]);
  times.forEach((seconds, index) => void frames.set(percent(seconds), shift(index + 1)));
  const steps = [...frames].map(([at, style]) => `${at}{${style}}`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title ?? own)}</title>
<style>
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;fill:#c9d1d9;white-space:pre}
.t{fill:#6e7681}.hot{fill:#f0b72f}.cmd{fill:#7ee787;font-weight:700}.dim{fill:#6e7681}.mark{fill:#79c0ff;font-weight:700}.title{fill:#8b949e}
#log{${shift(rows.length)};animation:log ${number(total)}s step-end infinite}
#bar{transform-origin:0 0;animation:bar ${number(total)}s linear infinite}
@keyframes log{${steps}}
@keyframes bar{0%{transform:scaleX(0)}${percent(total - PACE.hold)},100%{transform:scaleX(1)}}
@media (prefers-reduced-motion:reduce){#log,#bar{animation:none}}
</style>
<rect width="${width}" height="${height}" rx="9" fill="#0d1117"/>
<path d="M0 ${TITLE_HEIGHT}V9a9 9 0 0 1 9-9H${width - 9}a9 9 0 0 1 9 9V${TITLE_HEIGHT}z" fill="#161b22"/>
<circle cx="20" cy="17" r="5.5" fill="#f85149"/><circle cx="38" cy="17" r="5.5" fill="#d29922"/><circle cx="56" cy="17" r="5.5" fill="#3fb950"/>
<text class="title" x="76" y="21">${escaped(title ?? own)}</text>
<rect id="bar" y="${TITLE_HEIGHT - BAR_HEIGHT}" width="${width}" height="${BAR_HEIGHT}" fill="#f0b72f"/>
<clipPath id="screen"><rect width="${width}" height="${screen}"/></clipPath>
<g clip-path="url(#screen)" transform="translate(${PADDING} ${TITLE_HEIGHT + PADDING})"><g id="log">
${rows.map(line).join("\n")}
</g></g>
</svg>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [cast, picture, title] = process.argv.slice(2);
  if (!cast || !picture) {
    console.error('node scripts/cast-picture.mjs FILE.cast FILE.svg ["TITLE"]');
    process.exit(64);
  }
  writeFileSync(picture, castSvg(readFileSync(cast, "utf8"), title));
}
