; Calls and branches: recursive Fibonacci of 24, `iterations` times; eax = fib(24).
%include "boot.inc"
workload:
        push pcx
        mov edi, 24
        call fib
        pop pcx
        dec ecx
        jnz workload
        ret
fib:    cmp edi, 2
        jae .more
        mov eax, edi
        ret
.more:  push pbx
        push pdi
        dec edi
        call fib
        mov ebx, eax
        pop pdi
        sub edi, 2
        call fib
        add eax, ebx
        pop pbx
        ret
%include "end.inc"
