import { checkReadmeExample } from "vitest-preset/readme";

checkReadmeExample(import.meta.url);
