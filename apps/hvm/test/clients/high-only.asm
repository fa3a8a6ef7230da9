; open-vm-tools' message library where the host offers high bandwidth: status bit 16 only, the offer in bit 23, DORECV in bit 17, the
; reply's type in the upper half of EDX; a cookie; RECVSTATUS at the end.
; Source: open-vm-tools lib/message/message.c, lib/backdoor/backdoorGcc64.c
%include "client.inc"
main:   mov ebx, RPCI | COOKIE
        mov eax, MAGIC
        mov ecx, 30
        mov edx, LOW
        in eax, dx
        expect_bit 16, ecx
        opened
        message SENDSIZE, request_size
        expect_bit 16, ecx
        expect_bit 23, ecx
        high_out request, request_size
        expect_bit 16, ebx
        message RECVSIZE, 0
        expect_bit 16, ecx
        expect_bit 17, ecx
        mov [length], ebx
        shr edx, 16
        expect SENDSIZE, edx
        message RECVSIZE, 0             ; asked twice, as after a checkpoint
        expect_bit 23, ecx
        expect [length], ebx
        high_in buffer, [length]
        expect_bit 16, ebx
        message RECVSTATUS, 1
        expect_bit 16, ecx
        message CLOSE, 0
        expect_bit 16, ecx
        mov eax, [length]
        mov byte [buffer + eax], 10
        inc eax
        print buffer, eax
        leave_with 0
request: db "info-get guestinfo.long"
request_size equ $ - request
end_of_image
