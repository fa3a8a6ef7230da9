; INT 0x80 from ring 3, and IRET. 10,000 per iteration; eax = how many there were.
%include "boot.inc"
%include "rings.inc"
workload:
        call rings_setup
        gate 0x80, .handler, 3
        lidt [.idtr]
        xor ebx, ebx
        imul ebp, ecx, 10000
        call .run
        mov eax, ebx
        ret
.run:   user_mode .user
.user:  int 0x80
        dec ebp
        jnz .user
        int 0x40
.handler:
        inc ebx
        iretp
        align 8
.idtr:  dw 0x81 * GATE_BYTES - 1
        pointers IDT
gp_handler:
        jmp $
%include "end.inc"
