; Calls and branches: recursive Fibonacci of 24, `iterations` times; eax = fib(24).
%include "boot.inc"
workload:
        push rcx
        mov edi, 24
        call fib
        pop rcx
        dec ecx
        jnz workload
        ret
fib:    cmp edi, 2
        jae .more
        mov eax, edi
        ret
.more:  push rbx
        push rdi
        dec edi
        call fib
        mov ebx, eax
        pop rdi
        sub edi, 2
        call fib
        add eax, ebx
        pop rbx
        ret
%include "end.inc"
