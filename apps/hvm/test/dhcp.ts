/**
 * One answer to one client: DHCPOFFER to DISCOVER, DHCPACK to REQUEST, always the same address.
 *
 * Sources: RFC 2131 §2 (message), §3.1 (exchange); RFC 2132 (options); RFC 768 and 791 (headers).
 */
const CLIENT = [10, 0, 2, 15];
const SERVER = [10, 0, 2, 2];
const SERVER_MAC = [0x52, 0x55, 10, 0, 2, 2];
const [DISCOVER, OFFER, REQUEST, ACK] = [1, 2, 3, 5];
const ETHERNET = 14;
const IP = 20;
const UDP = 8;
const OPTIONS = 240;
const COOKIE = [99, 130, 83, 99];

/** The answer as an Ethernet frame; undefined for anything but DHCP. */
export function answerDhcp(frame: Uint8Array): Uint8Array | undefined {
  const message = frame.subarray(ETHERNET + IP + UDP);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const isDhcp =
    view.getUint16(12) === 0x0800 && frame[ETHERNET + 9] === 17 && view.getUint16(ETHERNET + IP + 2) === 67;
  if (!isDhcp) return undefined;
  const asked = option(message, 53)?.[0];
  if (asked !== DISCOVER && asked !== REQUEST) return undefined;
  const options = [
    ...[53, 1, asked === DISCOVER ? OFFER : ACK, 54, 4, ...SERVER, 51, 4, 0, 1, 0x51, 0x80],
    ...[1, 4, 255, 255, 255, 0, 3, 4, ...SERVER, 255],
  ];
  const reply = new Uint8Array(OPTIONS + options.length);
  // op, hardware type and length, transaction, flags as asked; yiaddr and siaddr; the client's hardware address.
  reply.set([2, 1, 6, 0, ...message.subarray(4, 8), 0, 0, ...message.subarray(10, 12)]);
  reply.set([...CLIENT, ...SERVER], 16);
  reply.set(message.subarray(28, 44), 28);
  reply.set([...COOKIE, ...options], OPTIONS - 4);
  const word = (value: number): number[] => [value >> 8, value & 0xff];
  const udp = [...word(67), ...word(68), ...word(UDP + reply.length), 0, 0];
  const ip = [0x45, 0, ...word(IP + UDP + reply.length), 0, 0, 0, 0, 64, 17, 0, 0, ...SERVER, 255, 255, 255, 255];
  let sum = 0;
  for (let at = 0; at < IP; at += 2) sum += (ip[at]! << 8) | ip[at + 1]!;
  sum = (sum & 0xffff) + (sum >>> 16);
  ip.splice(10, 2, ...word(~((sum & 0xffff) + (sum >>> 16)) & 0xffff));
  return Uint8Array.from([...frame.subarray(6, 12), ...SERVER_MAC, 8, 0, ...ip, ...udp, ...reply]);
}

/** The value of a DHCP option. */
function option(message: Uint8Array, wanted: number): Uint8Array | undefined {
  for (let at = OPTIONS; at < message.length && message[at] !== 255; ) {
    if (message[at] === 0) {
      at++;
      continue;
    }
    const length = message[at + 1] ?? 0;
    if (message[at] === wanted) return message.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
  return undefined;
}
