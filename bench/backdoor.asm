; VMware's backdoor under load, in 32-bit protected mode without paging, from ring 0 or ring 3 (IOPL 0, an I/O bitmap that forbids
; all). A multiboot image. The runner sets the four words behind the header. Per round: "b", the work, its checksum, a new line.
;
; work 0: GETVERSION, one call an iteration
; work 1: "info-get guestinfo.bench", a value of 1 KiB, low bandwidth both ways
; work 2: the same with high bandwidth

MAGIC   equ 0x564d5868
PORT    equ 0x5658
COM1    equ 0x3f8
TSS     equ 0x200000
IDT     equ 0x203000
BUFFER  equ 0x204000
WRITABLE equ 0x206000
STACK   equ 0x280000
USER_STACK equ 0x270000

        bits 32
        org 0x100000
header: dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000), header, 0x100000, 0, 0, start
work:   dd 0
ring:   dd 0
iterations: dd 1
rounds: dd 1

%macro call_port 2                      ; ECX, EDX; EBX is set before
        mov eax, MAGIC
        mov ecx, %1
        mov edx, %2
        in eax, dx
%endmacro
%macro gate 3
        mov eax, %2
        mov [IDT + %1 * 8], ax
        mov word [IDT + %1 * 8 + 2], 0x8
        mov word [IDT + %1 * 8 + 4], 0x8e00 | (%3 << 13)
        shr eax, 16
        mov [IDT + %1 * 8 + 6], ax
%endmacro

start:  cli
        cld
        mov esp, STACK
        lgdt [gdtr]
        jmp 0x8:.flat
.flat:  mov ax, 0x10
        mov ss, ax
        mov ax, 0x23
        mov ds, ax
        mov es, ax
        mov edi, TSS
        mov ecx, 0x68 / 4
        xor eax, eax
        rep stosd
        mov dword [TSS + 4], STACK - 0x1000
        mov word [TSS + 8], 0x10
        mov word [TSS + 0x66], 0x68
        mov ecx, 0x2001
        mov al, 0xff
        rep stosb
        gate 13, fault, 0
        gate 0x40, back, 3
        lidt [idtr]
        mov ax, 0x28
        ltr ax
        mov dx, COM1 + 3
        mov al, 3
        out dx, al
        mov eax, [work]
        mov eax, [works + eax * 4]
        mov [work_of], eax
        cmp dword [work], 0
        je round
        mov ebx, 0x49435052             ; OPEN "RPCI", no cookie
        call_port 30, PORT
        cmp ecx, 0x10000
        jne fault
        mov dx, PORT
        mov [channel], edx
        mov esi, set
        mov edi, set_size
        call send
        call receive
round:  mov al, 'b'
        call putc
        cmp dword [ring], 3
        je .ring3
        call [work_of]
        jmp print
.ring3: mov [kernel_esp], esp
        push dword 0x23
        push dword USER_STACK
        push dword 2
        push dword 0x1b
        push dword .user
        iretd
.user:  call [work_of]
        int 0x40
back:   mov bx, 0x10
        mov ss, bx
        mov esp, [kernel_esp]
print:
        mov ebx, eax
        mov ecx, 8
.digit: rol ebx, 4
        mov al, bl
        and al, 15
        add al, '0'
        cmp al, '9'
        jbe .put
        add al, 'a' - '9' - 1
.put:   call putc
        dec ecx
        jnz .digit
        mov al, 10
        call putc
        dec dword [rounds]
        jnz round
finish: mov dx, 0x501
        xor eax, eax
        out dx, al
        cli
        hlt
        jmp finish
fault:  mov al, '!'
        call putc
        jmp finish

putc:   push edx
        push eax
        mov edx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        pop eax
        mov edx, COM1
        out dx, al
        pop edx
        ret

get_version:
        mov ebp, [iterations]
.again: mov eax, MAGIC
        mov ecx, 10
        mov edx, PORT
        in eax, dx
        dec ebp
        jnz .again
        mov eax, ebx
        ret

low:    mov eax, [iterations]
        mov [left], eax
.again: mov esi, get
        mov edi, get_size
        call send
        call receive
        dec dword [left]
        jnz .again
        mov eax, [BUFFER + 1020]
        ret

; EDI bytes at ESI
send:   mov ebx, edi
        call_port 0x1001e, [channel]
        add edi, 3
        shr edi, 2
.piece: mov ebx, [esi]
        call_port 0x2001e, [channel]
        add esi, 4
        dec edi
        jnz .piece
        ret
receive:
        call_port 0x3001e, [channel]
        lea ebp, [ebx + 3]
        shr ebp, 2
        mov edi, BUFFER
.piece: mov ebx, 1
        call_port 0x4001e, [channel]
        mov [edi], ebx
        add edi, 4
        dec ebp
        jnz .piece
        mov ebx, 1
        call_port 0x5001e, [channel]
        ret

high:   mov eax, [iterations]
        mov [left], eax
.again: mov ebx, get_size
        call_port 0x1001e, [channel]
        mov eax, MAGIC
        mov ebx, 0x10000
        mov ecx, get_size
        mov edx, [channel]
        inc edx                         ; 0x5659
        mov esi, get
        rep outsb
        call_port 0x3001e, [channel]
        mov ecx, ebx
        mov eax, MAGIC
        mov ebx, 0x10000
        mov edx, [channel]
        inc edx
        mov edi, BUFFER
        rep insb
        mov ebx, 1
        call_port 0x5001e, [channel]
        dec dword [left]
        jnz .again
        mov eax, [BUFFER + 1020]
        ret

        align 8
gdt:    dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00cffa000000ffff, 0x00cff2000000ffff
        dq 0x0000890000002068 | ((TSS & 0xffff) << 16) | (((TSS >> 16) & 0xff) << 32)
gdtr:   dw gdtr - gdt - 1
        dd gdt
idtr:   dw 0x41 * 8 - 1
        dd IDT
works:  dd get_version, low, high
get:    db "info-get guestinfo.bench"
get_size equ $ - get
        align 4
set:    db "info-set guestinfo.bench "
        times 64 db "0123456789abcdef"
set_size equ $ - set
        align 4

        absolute WRITABLE
channel: resd 1
left:   resd 1
kernel_esp: resd 1
work_of: resd 1
