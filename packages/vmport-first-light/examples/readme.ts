import { firstLight, GREETING_KEY } from "vmport-first-light";

const image = firstLight();
const text = new TextDecoder("latin1").decode(image);

console.log(`${image.length / 512} sectors, signature ${image[510]?.toString(16)} ${image[511]?.toString(16)}`);
console.log(`asks for ${GREETING_KEY}: ${text.includes(`info-get ${GREETING_KEY}`)}`);
