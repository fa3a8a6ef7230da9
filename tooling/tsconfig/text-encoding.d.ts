/**
 * The few globals that exist alike in Node.js, browsers and workers and that libraries here may use.
 * Everything else (DOM, Node, console, timers, clocks) is absent by design: see CONTRIBUTING.md.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: ArrayBufferView | ArrayBuffer): string;
}
declare function atob(base64: string): string;
