import { uart16550a } from "pc-devices";

let text = "";
// The board: pins, time and sinks that the device may use. A UART needs two of them.
const uart = uart16550a.create({
  setLine: (pin, level) => console.log(`${pin} ${level ? "high" : "low"}`),
  output: (bytes) => {
    text += String.fromCharCode(...bytes);
  },
  nowNs: () => 0n,
  unixTimeNs: () => 0n,
  createTimer: () => ({ arm: () => undefined, disarm: () => undefined }),
  request: () => undefined,
});

for (const char of "hello") uart.write(0, 1, char.charCodeAt(0), 0);
console.log(`sent "${text}", ready again: ${((uart.read(5, 1, 0) ?? 0) & 0x20) !== 0}`);

uart.write(1, 1, 0x01, 0); // IER: received data
uart.receive(Uint8Array.of(0x41));
console.log(`received 0x${uart.read(0, 1, 0)?.toString(16)}`);
