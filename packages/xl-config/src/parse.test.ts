import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { XlConfigError } from "./errors.ts";
import { MAX_CONFIG_CHARACTERS, parseNumber, parseSettings, type XlValue } from "./parse.ts";

const plain = (value: XlValue): unknown =>
  value.kind === "list" ? value.items.map(plain) : value.kind === "number" ? value.value : value.text;
const parse = (text: string): [string, unknown][] => parseSettings(text).map(({ key, value }) => [key, plain(value)]);
const errorOf = (text: string): string => {
  try {
    parseSettings(text, "g.cfg");
    return "accepted";
  } catch (error) {
    return error instanceof XlConfigError ? error.message : `another error: ${String(error)}`;
  }
};

describe("[xl-config] syntax", () => {
  it("reads strings, numbers and lists, separated by newlines and semicolons", () => {
    const text = `# a guest
name = "test"   # its name
memory=512; vcpus = 2 ;; extra='a "b" # no comment'
disk = [ "one,raw,xvda,w",
         'two,,hda',   # the second
       ]
empty = []
`;
    expect(parse(text)).toEqual([
      ["name", "test"],
      ["memory", 512],
      ["vcpus", 2],
      ["extra", 'a "b" # no comment'],
      ["disk", ["one,raw,xvda,w", "two,,hda"]],
      ["empty", []],
    ]);
  });

  it("reads CRLF files and files without a last newline", () => {
    expect(parse('a = 1\r\nb = "x"\r\nc = 3')).toEqual([
      ["a", 1],
      ["b", "x"],
      ["c", 3],
    ]);
  });

  it.each([
    ["0", 0],
    ["42", 42],
    ["010", 8],
    ["0x1F", 31],
    ["9007199254740991", 2 ** 53 - 1],
  ])("number %s is %s", (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each(["08", "1k", "0x", "9007199254740992", "", "-1"])("%j is no number", (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });

  it("escapes in strings", () => {
    expect(parse(String.raw`a = "tab\there\x41\101\"\\" `)).toEqual([["a", 'tab\thereAA"\\']]);
  });

  it.each([
    ["memory 512", 'g.cfg:1:8: "=" expected after memory, found "512"'],
    ["\n\n  = 3", 'g.cfg:3:3: a key expected, found "="'],
    ["a = 1 2", 'g.cfg:1:7: end of line or ";" expected after the value, found "2"'],
    ["a = ", "g.cfg:1:5: a value expected (\"text\", 'text', number or [list]), found the end of the line"],
    ["a = word", 'g.cfg:1:5: a value expected ("text", \'text\', number or [list]), found "word"'],
    ['a = "open\nb = 1', 'g.cfg:1:5: the string that begins here is not closed by " on this line'],
    ["a = 12x", "g.cfg:1:5: a number expected (decimal, 0octal or 0xhex), found 12x"],
    ['a = [ "b" "c" ]', 'g.cfg:1:11: "," or "]" expected, found "\\"c\\""'],
    ["a = [\n 1,\n [2]]", "g.cfg:3:2: a list inside a list is not allowed"],
    ["a = [ 1,", "g.cfg:1:9: a value expected (\"text\", 'text', number or [list]), found the end of the line"],
    [String.raw`a = "\q"`, String.raw`g.cfg:1:6: unknown escape "\\q"`],
  ])("%j: %s", (text, message) => {
    expect(errorOf(text)).toBe(message);
  });

  it("says no to a text that is too long, before reading it", () => {
    expect(errorOf("#".repeat(MAX_CONFIG_CHARACTERS + 1))).toContain("at most 1048576 are read");
  });

  it("any text is read or refused with a place inside it", () => {
    const letters = fc.constantFrom(..."ab=\"'[],;#\n \\x01");
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 80 }), (text) => {
        try {
          parseSettings(text);
        } catch (error) {
          if (!(error instanceof XlConfigError)) throw error;
          const lines = text.split("\n");
          expect(error.line).toBeLessThanOrEqual(lines.length);
          expect(error.column).toBeLessThanOrEqual((lines[error.line - 1] ?? "").length + 1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("what is written in quotes comes back", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab\"'\\\t #;") }), (text) => {
        const quoted = `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
        return parse(`k = ${quoted}`)[0]?.[1] === text;
      }),
    );
  });
});
