/** The machine's thread: runs it in slices, in step with the host's clock, and tells the page about every thirty milliseconds. */
import { GuestRun } from "./guest-run.ts";
import type { FromEngine, Progress, ToEngine } from "./protocol.ts";

/** The worker's global, as far as it is used: the DOM's types describe a window. */
const scope = globalThis as unknown as {
  postMessage(message: FromEngine, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToEngine>) => void) | null;
};

const REPORT_MS = 30;
/** The guest is ahead of the host's clock by this much at most, and input waits no longer. */
const AHEAD_MS = 10;
const NS_PER_MS = 1e6;
const MAX_UNSHOWN = 2;

let run: GuestRun | undefined;
let isPaused = false;
let unshown = 0;
let guestAtStart = 0n;
let hostAtStart = 0;
let wake: (() => void) | undefined;

function post(message: FromEngine): void {
  if (message.kind === "progress") unshown++;
  scope.postMessage(message, message.kind === "progress" ? transferable(message) : []);
}

const transferable = ({ serial, screen }: Progress): Transferable[] => [
  ...serial.map(({ buffer }) => buffer as ArrayBuffer),
  ...(screen ? [screen.rgba.buffer as ArrayBuffer] : []),
];

/** From here guest and host go side by side: a pause is no debt. */
function setClocks(current: GuestRun): void {
  guestAtStart = current.nowNs;
  hostAtStart = performance.now();
}

const untilNs = (): bigint =>
  guestAtStart + BigInt(Math.round((performance.now() - hostAtStart + AHEAD_MS) * NS_PER_MS));

/** Lets messages in; a message ends it early. */
const breathe = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

async function live(current: GuestRun): Promise<void> {
  setClocks(current);
  let spent = 0;
  while (run === current) {
    if (isPaused || unshown >= MAX_UNSHOWN) {
      await breathe(1000);
      if (isPaused || unshown >= MAX_UNSHOWN) continue;
      // A slow page, or a pause: the guest does not hurry to catch up.
      setClocks(current);
    }
    const began = performance.now();
    let isBusy = true;
    while (isBusy && performance.now() - began < REPORT_MS) isBusy = current.slice(untilNs());
    spent += performance.now() - began;
    post(current.progress(spent, isBusy ? "running" : "idle"));
    spent = 0;
    if (current.hasEnded) return;
    await breathe(isBusy ? 0 : REPORT_MS);
  }
}

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "start":
      try {
        run = new GuestRun(data.guest, data.settings, data.guestinfo);
        void live(run).catch((error: unknown) => post({ kind: "failed", message: String(error) }));
      } catch (error) {
        post({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
      }
      break;
    case "input":
      run?.type(data.bytes);
      break;
    case "key":
      run?.key(data.code, data.isDown);
      break;
    case "pause":
      isPaused = true;
      if (run) post(run.progress(0, "paused"));
      break;
    case "resume":
      isPaused = false;
      break;
    case "trigger":
      run?.trigger(data.trigger);
      break;
    case "set-guestinfo":
      run?.setGuestinfo(data.key, data.value);
      break;
    case "shown":
      unshown--;
      break;
  }
  wake?.();
};
