; VirtualKD: one announced message in several high-bandwidth transfers, one reply in several; every EBX exactly 0x00010000.
; Source: VirtualKD vmwrpc.h
%include "client.inc"
main:   mov ebx, RPCI
        mov eax, MAGIC
        mov ecx, 30
        mov edx, LOW
        out dx, eax
        expect 0x10000, ecx
        opened
        message SENDSIZE, request_size, out
        and ecx, 0xff7fffff
        expect 0x10000, ecx
        high_out request, 5
        expect 0x10000, ebx
        high_out request + 5, 1
        expect 0x10000, ebx
        high_out request + 6, request_size - 6
        expect 0x10000, ebx
        message RECVSIZE, 0, out
        and ecx, 0xff7fffff
        expect 0x30000, ecx
        mov [length], ebx
        high_in buffer, 2
        expect 0x10000, ebx
        mov eax, [length]
        sub eax, 2
        high_in buffer + 2, eax
        expect 0x10000, ebx
        message RECVSTATUS, 1, out
        expect 0x10000, ecx
        message CLOSE, 0, out
        expect 0x10000, ecx
        mov eax, [length]
        mov byte [buffer + eax], 10
        inc eax
        print buffer, eax
        leave_with 0
request: db "info-get guestinfo.kd"
request_size equ $ - request
end_of_image
