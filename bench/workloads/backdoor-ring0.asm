; The backdoor from ring 0: command 10 (get version), 10,000 per iteration; eax = the last answer's magic.
%include "boot.inc"
workload:
        imul ebp, ecx, 10000
.again: mov eax, 0x564d5868
        mov ecx, 10
        mov edx, 0x5658
        in eax, dx
        dec ebp
        jnz .again
        mov eax, ebx
        ret
%include "end.inc"
