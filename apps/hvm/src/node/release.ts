/** Smaller buffers are the collector's; those of Node's pool belong to many. */
const LARGE = 1 << 20;

/**
 * Gives the memory behind large views back at once: the collector sees only their small handles, and lets a kernel's 60 MiB lie for
 * seconds. Whoever still holds one of the views finds it empty.
 */
export function release(views: readonly Uint8Array[]): void {
  const buffers = [...new Set(views.map(({ buffer }) => buffer))].filter(
    (buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer && buffer.byteLength >= LARGE,
  );
  if (buffers.length === 0) return;
  // What is transferred to a port that nobody listens to is gone.
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(undefined, buffers);
  port1.close();
}
