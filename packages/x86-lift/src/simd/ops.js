export const simdOps = {
    and: { args: [128, 128], result: 128, doc: "a & b" },
};
export const simdOpNames = Object.freeze(Object.keys(simdOps));
export const simdOpIndex = Object.freeze(Object.fromEntries(simdOpNames.map((name, index) => [name, index])));
