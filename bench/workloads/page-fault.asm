; Page faults: ring 3 reads a page that is not there; the handler skips the instruction and returns. 10,000 per iteration; eax = how
; many there were.
%include "boot.inc"
%include "rings.inc"
workload:
        call rings_setup
        gate 14, .handler, 0
        xor ebx, ebx
        imul ebp, ecx, 10000
        call .run
        mov eax, ebx
        ret
.run:   user_mode .user
.user:  mov ax, USER_DATA
        mov ds, ax
        mov esi, 0x7000000
.next:  mov eax, [psi]
        dec ebp
        jnz .next
        int 0x40
.handler:
        inc ebx
        add psp, word_size
        skip 2
        iretp
gp_handler:
        jmp $
%include "end.inc"
