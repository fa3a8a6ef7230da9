; The backdoor from ring 3 without I/O rights: command 10 (get version), 10,000 per iteration; eax = the last answer's magic.
%include "boot.inc"
%include "rings.inc"
workload:
        call rings_setup
        imul ebp, ecx, 10000
        call .run
        mov eax, ebx
        ret
.run:   user_mode .user
.user:  mov eax, 0x564d5868
        mov ecx, 10
        mov edx, 0x5658
        in eax, dx
        dec ebp
        jnz .user
        int 0x40
gp_handler:
        mov ebx, 0xbad
        add rsp, 8
        inc qword [rsp]
        iretq
%include "end.inc"
