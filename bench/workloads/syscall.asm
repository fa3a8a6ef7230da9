; SYSCALL from ring 3, and SYSRET. 10,000 per iteration; eax = how many there were.
%include "boot.inc"
%include "rings.inc"
workload:
        call rings_setup
        push rcx
        mov ecx, 0xc0000080             ; EFER.SCE
        rdmsr
        or al, 1
        wrmsr
        mov ecx, 0xc0000081             ; STAR: SYSCALL to 0x18, SYSRET to 0x33
        mov edx, 0x00230018
        xor eax, eax
        wrmsr
        mov ecx, 0xc0000082             ; LSTAR
        mov eax, .handler
        xor edx, edx
        wrmsr
        pop rcx
        xor ebx, ebx
        imul ebp, ecx, 10000
        call .run
        mov eax, ebx
        ret
.run:   user_mode .user
.user:  syscall
        dec ebp
        jnz .user
        int 0x40
.handler:
        inc ebx
        o64 sysret
gp_handler:
        jmp $
%include "end.inc"
