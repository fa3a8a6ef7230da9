; afterburn's crate vmw_backdoor: IN for the probe only, OUT for every message step, high bandwidth both ways without looking at the
; offer, no RECVSTATUS, one channel for two questions, requests with their NUL. Failure is ECX == 0, for high bandwidth EBX == 0.
; Source: lucab/vmw_backdoor-rs src/lib.rs, src/erpc.rs
%include "client.inc"
main:   call_in 10, 0
        expect MAGIC, ebx
        mov ebx, RPCI | COOKIE
        mov eax, MAGIC
        mov ecx, 30
        mov edx, LOW
        xor esi, esi
        xor edi, edi
        out dx, eax
        expect_other 0, ecx
        opened
        mov r13d, missing
        mov r14d, missing_size
        call ask
        mov r13d, present
        mov r14d, present_size
        call ask
        message CLOSE, 0, out
        expect_other 0, ecx
        leave_with 0
ask:    message SENDSIZE, r14d, out
        expect_other 0, ecx
        high_out r13d, r14d
        expect_other 0, ebx
        message RECVSIZE, 0, out
        expect_other 0, ecx
        mov [length], ebx
        high_in buffer, [length]
        expect_other 0, ebx
        mov eax, [length]
        mov byte [buffer + eax], 10
        inc eax
        print buffer, eax
        ret
missing: db "info-get guestinfo.absent", 0
missing_size equ $ - missing
present: db "info-get guestinfo.afterburn.initrd.network-kargs", 0
present_size equ $ - present
end_of_image
