#!/bin/sh
# Writes the vectors anew: ./generate.sh, on an x86-64 Linux with gcc, SSE4.2, AES, PCLMULQDQ and SHA.
set -eu
scale=${1:-1}
mkdir -p "${2:-.}"; out=$(cd "${2:-$(dirname "$0")}" && pwd)
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -F ' [|] ' '
  BEGIN { print ".intel_syntax noprefix\n.section .rodata" }
  /^#/ || NF < 2 { next }
  { printf "begin%d: %s\nend%d:\nkind%d: .asciz \"%s\"\ntext%d: .asciz \"%s\"\n", n, $2, n, n, $1, n, $2; n++ }
  END {
    print ".section .data.rel.ro, \"aw\"\n.balign 8\n.globl forms\nforms:"
    for (i = 0; i < n; i++) printf ".quad kind%d, text%d, begin%d, end%d\n", i, i, i, i
    printf ".globl form_count\nform_count: .long %d\n.section .note.GNU-stack\n", n
  }' forms.txt > "$work/forms.s"
gcc -O1 -Wall -Wextra -o "$work/generate" generate.c "$work/forms.s"
"$work/generate" int "$scale" > "$out/sse-integer.txt"
"$work/generate" f32,f64 "$scale" > "$out/sse-float.txt"
"$work/generate" str "$scale" > "$out/sse-strings.txt"
"$work/generate" mmx "$scale" > "$out/mmx.txt"
"$work/generate" x87,x87i,bcd "$scale" > "$out/x87.txt"
"$work/generate" x87t "$scale" > "$out/x87-transcendental.txt"
"$work/generate" gpr "$scale" > "$out/integer.txt"
