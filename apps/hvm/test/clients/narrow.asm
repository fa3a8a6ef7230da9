; Two-byte and one-byte accesses, as probes of memory-introspection tools and old detectors make them: IN AX,DX and IN AL,DX change AX and AL,
; all else is as with IN EAX,DX; OUT DX,AX runs the command and leaves EAX; prefixes may be doubled.
; Source: D. Slutz, Xen VMware tools support v7-v14, compared with VMware
%include "client.inc"
%macro probe 2+
        mov eax, MAGIC
        mov ecx, 10
        mov ebx, 0
        mov edx, LOW
        %2
        expect %1, eax
        expect MAGIC, ebx
%endmacro
main:   probe 0x564d0006, in ax, dx
        probe 0x564d5806, in al, dx
        probe MAGIC, out dx, ax
        probe MAGIC, out dx, al
        probe MAGIC, out dx, eax
        probe 6, in eax, dx
        mov eax, MAGIC
        mov ecx, 10
        mov ebx, 0
        mov edx, LOW
        db 0x66, 0x66, 0xed
        expect 0x564d0006, eax
        expect MAGIC, ebx
        print text, text_size
        leave_with 0
text:   db "VMware", 10
text_size equ $ - text
end_of_image
