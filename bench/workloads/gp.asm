; Exceptions: HLT in ring 3 is #GP(0); the handler skips it and returns. 10,000 per iteration; eax = how many there were.
%include "boot.inc"
%include "rings.inc"
workload:
        call rings_setup
        xor ebx, ebx
        imul ebp, ecx, 10000
        call .run
        mov eax, ebx
        ret
.run:   user_mode .user
.user:  hlt
        dec ebp
        jnz .user
        int 0x40
gp_handler:
        inc ebx
        add psp, word_size
        skip 1
        iretp
%include "end.inc"
