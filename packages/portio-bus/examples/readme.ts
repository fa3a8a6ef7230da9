import { createPortioBus, formatClaims, IoResult } from "portio-bus";

// The context is yours: here, the registers a magic port may answer in.
interface Registers {
  ebx: number;
}

const bus = createPortioBus<Registers>();
bus.register(
  { base: 0x5658, size: 4 },
  {
    name: "magic",
    access(access) {
      if (access.port !== 0x5658) return IoResult.Unhandled;
      access.context.ebx = 0x564d_5868;
      access.value = 6;
      return IoResult.Okay;
    },
  },
);

const registers: Registers = { ebx: 0 };
const eax = bus.access("in", 0x5658, 4, 0, registers);
console.log(`in eax, dx   eax=${eax} ebx=0x${registers.ebx.toString(16)}`);
console.log(`neighbour    eax=0x${bus.access("in", 0x5659, 1, 0, registers).toString(16)}`);
console.log(formatClaims(bus.list()));
