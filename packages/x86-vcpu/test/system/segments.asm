; Segmentation and privilege in 32-bit protected mode, without paging.
;
;   mov ds: null -> ok
;   mov ds: null with RPL 3 -> ok
;   read through null ds -> #GP(0000) +02 rf
;   write through null es -> #GP(0000) +02 rf
;   mov ss: null -> #GP(0000) +00 rf
;   mov ds: last byte of the GDT is one short -> #GP(0050) +0b rf
;   mov ds: beyond the GDT -> #GP(0100) +04 rf
;   mov ds: beyond the GDT, RPL 3 -> #GP(0100) +04 rf
;   mov ds: LDT selector without LDT -> #GP(000c) +04 rf
;   mov ds: LDT selector -> ok
;   mov ds: beyond the LDT -> #GP(0024) +0b rf
;   mov ds: system type 0 -> #GP(0050) +18 rf
;   mov ds: code or data type 0 -> ok
;   mov ss: code or data type 0 -> #GP(0050) +18 rf
;   mov ds: system type 1 -> #GP(0050) +18 rf
;   mov ds: code or data type 1 -> ok
;   mov ss: code or data type 1 -> #GP(0050) +18 rf
;   mov ds: system type 2 -> #GP(0050) +18 rf
;   mov ds: code or data type 2 -> ok
;   mov ss: code or data type 2 -> ok
;   mov ds: system type 3 -> #GP(0050) +18 rf
;   mov ds: code or data type 3 -> ok
;   mov ss: code or data type 3 -> ok
;   mov ds: system type 4 -> #GP(0050) +18 rf
;   mov ds: code or data type 4 -> ok
;   mov ss: code or data type 4 -> #GP(0050) +18 rf
;   mov ds: system type 5 -> #GP(0050) +18 rf
;   mov ds: code or data type 5 -> ok
;   mov ss: code or data type 5 -> #GP(0050) +18 rf
;   mov ds: system type 6 -> #GP(0050) +18 rf
;   mov ds: code or data type 6 -> ok
;   mov ds: system type 7 -> #GP(0050) +18 rf
;   mov ds: code or data type 7 -> ok
;   mov ds: system type 8 -> #GP(0050) +18 rf
;   mov ds: code or data type 8 -> #GP(0050) +18 rf
;   mov ss: code or data type 8 -> #GP(0050) +18 rf
;   mov ds: system type 9 -> #GP(0050) +18 rf
;   mov ds: code or data type 9 -> #GP(0050) +18 rf
;   mov ss: code or data type 9 -> #GP(0050) +18 rf
;   mov ds: system type 10 -> #GP(0050) +18 rf
;   mov ds: code or data type 10 -> ok
;   mov ss: code or data type 10 -> #GP(0050) +18 rf
;   mov ds: system type 11 -> #GP(0050) +18 rf
;   mov ds: code or data type 11 -> ok
;   mov ss: code or data type 11 -> #GP(0050) +18 rf
;   mov ds: system type 12 -> #GP(0050) +18 rf
;   mov ds: code or data type 12 -> #GP(0050) +18 rf
;   mov ss: code or data type 12 -> #GP(0050) +18 rf
;   mov ds: system type 13 -> #GP(0050) +18 rf
;   mov ds: code or data type 13 -> #GP(0050) +18 rf
;   mov ss: code or data type 13 -> #GP(0050) +18 rf
;   mov ds: system type 14 -> #GP(0050) +18 rf
;   mov ds: code or data type 14 -> ok
;   mov ss: code or data type 14 -> #GP(0050) +18 rf
;   mov ds: system type 15 -> #GP(0050) +18 rf
;   mov ds: code or data type 15 -> ok
;   mov ss: code or data type 15 -> #GP(0050) +18 rf
;   mov ss: expand-down, writable -> ok
;   mov ds: data not present -> #NP(0050) +18 rf
;   mov ds: code not present and not readable -> #GP(0050) +18 rf
;   mov ss: data not present -> #SS(0050) +18 rf
;   mov ss: read-only not present -> #GP(0050) +18 rf
;   mov ds: data DPL 0, RPL 3 -> #GP(0050) +18 rf
;   mov ds: data DPL 3, RPL 3 at CPL 0 -> ok
;   mov ss: DPL 3 at CPL 0 -> #GP(0050) +18 rf
;   mov ss: RPL 3 at CPL 0 -> #GP(0050) +18 rf
;   mov ds: conforming readable DPL 0, RPL 3 -> ok
;   mov ds at CPL 3: data DPL 0 -> #GP(0050) +18 rf cpl3
;   mov ds at CPL 3: data DPL 2 -> #GP(0050) +18 rf cpl3
;   mov ds at CPL 3: data DPL 3, RPL 0 -> ok
;   mov ds at CPL 3: code DPL 0 -> #GP(0050) +18 rf cpl3
;   mov ds at CPL 3: conforming DPL 0 -> ok
;   mov ss at CPL 3: DPL 3, RPL 3 -> ok
;   mov ss at CPL 3: DPL 3, RPL 0 -> #GP(0050) +18 rf cpl3
;   the accessed bit is set by loading -> = 00cf9300
;   the accessed bit is not set by a refused load -> = 00cf1200
;   pop fs: null -> ok
;   lds: beyond the GDT leaves the register -> = 12345678
;   mov cs, ax -> #UD +00 rf
;   mov sreg 6, ax -> #UD +00 rf
;   read-only: read -> ok
;   read-only: write -> #GP(0000) +1a rf
;   read-only: read-modify-write -> #GP(0000) +1a rf
;   read-only: cmpxchg that does not match -> #GP(0000) +1a rf
;   read-only: bt does not write -> ok
;   read-only: bts -> #GP(0000) +1a rf
;   read-only: setc -> #GP(0000) +1a rf
;   readable code: read -> ok
;   readable code: write -> #GP(0000) +1a rf
;   limit fff: byte at fff -> ok
;   limit fff: word at fff -> #GP(0000) +1a rf
;   limit fff: byte at 1000 -> #GP(0000) +1a rf
;   limit fff: dword at ffffffff -> #GP(0000) +1a rf
;   limit 4 GiB - 1: dword at fffffffe -> #GP(0000) +1a rf
;   granularity 4 KiB, limit 0: byte at fff -> ok
;   granularity 4 KiB, limit 0: byte at 1000 -> #GP(0000) +1a rf
;   expand-down limit fff: byte at fff -> #GP(0000) +1a rf
;   expand-down limit fff: byte at 1000 -> ok
;   expand-down 16-bit: byte at ffff -> ok
;   expand-down 16-bit: word at ffff -> #GP(0000) +1a rf
;   expand-down 16-bit: byte at 10000 -> #GP(0000) +1a rf
;   expand-down limit ffffffff: byte at 0 -> #GP(0000) +1a rf
;   write through cs -> #GP(0000) +07 rf
;   read through execute-only cs -> #GP(0000) +1b rf
;   jump beyond the limit of cs -> #GP(0000) +20 rf
;   ss limit: push below an expand-down limit -> #SS(0000) +5d rf
;   ebp addresses ss: beyond its limit -> #SS(0000) +1f rf
;   esp addresses ss, ds override does not fault so -> ok
;   null ds with an ss override -> ok
;   null ds at CPL 3 -> #GP(0000) +02 rf cpl3
;   rep movsb with ecx 0 through null -> ok
;   lea through null -> = 00001234
;   jmp far: null -> #GP(0000) +14 rf
;   jmp far: null with RPL -> #GP(0000) +14 rf
;   jmp far: beyond the GDT -> #GP(0100) +14 rf
;   jmp far: data -> #GP(0050) +14 rf
;   jmp far: code not present -> #NP(0050) +14 rf
;   jmp far: data not present -> #GP(0050) +14 rf
;   jmp far: code DPL 3 at CPL 0 -> #GP(0050) +14 rf
;   jmp far: RPL 3 at CPL 0 -> #GP(0050) +14 rf
;   jmp far: conforming DPL 3 at CPL 0 -> #GP(0050) +14 rf
;   jmp far: interrupt gate -> #GP(0050) +14 rf
;   jmp far: LDT -> #GP(0050) +14 rf
;   jmp far: busy TSS -> #GP(0050) +14 rf
;   jmp far: beyond the limit -> #GP(0000) +14 rf
;   jmp far at CPL 3: DPL 0 -> #GP(0050) +14 rf cpl3
;   jmp far at CPL 3: DPL 3 -> = 00000053
;   jmp far at CPL 3: DPL 3, RPL 0 -> = 00000053
;   jmp far at CPL 3: conforming DPL 0 keeps CPL -> = 00000053
;   jmp far at CPL 3: conforming DPL 0, not present -> #NP(0050) +14 rf cpl3
;   call far pushes cs and eip -> = 00080000
;   call gate: to DPL 0 -> = 00580010
;   call gate: two parameters -> = 00580018
;   call gate: DPL 0 from CPL 3 -> #GP(0050) +46 rf cpl3
;   call gate: DPL 3, RPL 0 -> = 00580010
;   call gate: not present -> #NP(0050) +46 rf cpl3
;   call gate: null code selector -> #GP(0000) +44 rf cpl3
;   call gate: code beyond the GDT -> #GP(0200) +46 rf cpl3
;   call gate: to data -> #GP(0058) +46 rf cpl3
;   call gate: code not present -> #NP(0058) +46 rf cpl3
;   call gate: to conforming keeps CPL and stack -> = 005b0710
;   call gate: selector RPL is ignored -> = 00580010
;   call gate: to DPL 3 -> = 005b0710
;   call gate: 16-bit -> = 00580008
;   jmp through a call gate to DPL 0 -> #GP(0008) +28 rf cpl3
;   jmp through a call gate to DPL 3 -> ok
;   call gate: DPL 3 code from CPL 0 -> #GP(0018) +28 rf
;   call gate: parameters are copied -> = 33333333
;   inner stack: null -> #TS(0000) +54 rf cpl3
;   inner stack: RPL 3 -> #TS(0058) +54 rf cpl3
;   inner stack: DPL 3 -> #TS(0058) +54 rf cpl3
;   inner stack: read-only -> #TS(0058) +54 rf cpl3
;   inner stack: code -> #TS(0058) +54 rf cpl3
;   inner stack: not present -> #SS(0058) +54 rf cpl3
;   inner stack: beyond the GDT -> #TS(0200) +54 rf cpl3
;   inner stack: beyond its limit -> #SS(0058) +54 rf cpl3
;   inner stack: TSS too short -> #GP(0000) +8e rf cpl3
;   retf: null -> #GP(0000) +22 rf
;   retf: null with RPL 3 -> #GP(0000) +22 rf
;   retf: beyond the GDT -> #GP(0100) +25 rf
;   retf: data -> #GP(0050) +22 rf
;   retf: to DPL 3, RPL 3 -> = 00000053
;   retf: to DPL 3, RPL 0 -> #GP(0050) +22 rf
;   retf: to DPL 0, RPL 3 -> #GP(0050) +22 rf
;   retf: conforming DPL 0, RPL 3 -> = 00000053
;   retf: conforming DPL 3, RPL 0 -> #GP(0050) +22 rf
;   retf: not present -> #NP(0050) +22 rf
;   retf: system -> #GP(0050) +22 rf
;   retf at CPL 3: to RPL 0 -> #GP(0008) +04 rf cpl3
;   retf outward: ss null -> #GP(0000) +22 rf
;   retf outward: ss null, RPL 3 -> #GP(0000) +22 rf
;   retf outward: ss RPL 0 -> #GP(0050) +22 rf
;   retf outward: ss DPL 0 -> #GP(0050) +22 rf
;   retf outward: ss read-only -> #GP(0050) +22 rf
;   retf outward: ss not present -> #SS(0050) +22 rf
;   retf outward: ss beyond the GDT -> #GP(0100) +25 rf
;   retf outward: ss DPL 3 -> = 00000053
;   retf outward nulls inner data segments -> = 00000023
;   retf outward: beyond the limit -> #GP(0000) +22 rf
;   retf n releases on both stacks -> = 00006808
;   iret: EFLAGS of CPL 0 -> = 003c3cd7
;   iret at CPL 3 keeps IOPL, IF, VIF and VIP -> = 00240cd7
;   popfd at CPL 3 keeps IOPL and IF -> = 00240cd7
;   popfd at CPL 0 keeps VIF and VIP, clears RF -> = 00247cd7
;   iret: null cs -> #GP(0000) +06 rf
;   iret at CPL 3: to RPL 0 -> #GP(0008) +06 rf cpl3
;   iret at CPL 3: NT -> #TS(0000) +09 rf cpl3
;   int: interrupt gate -> = 00000008
;   int: gate not present -> #NP(0482) +3c rf
;   int: null code selector -> #GP(0000) +3a rf
;   int: code beyond the GDT -> #GP(0200) +3c rf
;   int: data -> #GP(0050) +3c rf
;   int: code not present -> #NP(0050) +3c rf
;   int: code DPL 3 from CPL 0 -> #GP(0050) +3c rf
;   int: conforming DPL 0 -> = 00000050
;   int at CPL 3: gate DPL 0 -> #GP(0482) +3c rf cpl3
;   int at CPL 3: gate DPL 3 -> = 00000008
;   int at CPL 3: gate DPL 0 not present -> #GP(0482) +3c rf cpl3
;   int at CPL 3: conforming DPL 0 keeps CPL -> = 00000053
;   int at CPL 3: to CPL 1 -> #GP(0000) +3a rf cpl3
;   int: gate of type 0 -> #GP(0482) +3c rf
;   int: gate of type 1 -> #GP(0482) +3c rf
;   int: gate of type 2 -> #GP(0482) +3c rf
;   int: gate of type 3 -> #GP(0482) +3c rf
;   int: gate of type 4 -> #GP(0482) +3c rf
;   int: gate of type 6 -> = 00000008
;   int: gate of type 7 -> = 00000008
;   int: gate of type 8 -> #GP(0482) +3c rf
;   int: gate of type 9 -> #GP(0482) +3c rf
;   int: gate of type 10 -> #GP(0482) +3c rf
;   int: gate of type 11 -> #GP(0482) +3c rf
;   int: gate of type 12 -> #GP(0482) +3c rf
;   int: gate of type 13 -> #GP(0482) +3c rf
;   int: gate with S set -> #GP(0482) +28 rf
;   int: beyond the IDT -> #GP(0482) +07 rf
;   int: offset beyond the limit of its code -> #GP(0000) +3c rf
;   interrupt gate clears IF, trap gate does not -> = 00000200
;   int3 at CPL 3 with gate DPL 0 -> #GP(001a) +0a rf cpl3
;   int1 at CPL 3 with gate DPL 0 is delivered -> #DB +01 dr6=ffff0ff0 cpl3
;   into at CPL 3 -> #OF +05 cpl3
;   int 13 at CPL 3 -> #GP(006a) +00 rf cpl3
;   int 13 pushes no error code -> = 0000000c
;   bound: in range -> ok
;   bound: out of range -> #BR +05 rf
;   ud2 -> #UD +00 rf
;   lock nop -> #UD +00 rf
;   fifteen bytes -> ok
;   sixteen bytes -> #GP(0000) +00 rf
;   div by zero -> #DE +02 rf
;   aam 0 -> #DE +00 rf
;   lar: system type 0 -> = 12345679
;   lsl: system type 0 -> = 12345679
;   lar: code or data type 0 -> = 00c09000
;   verr: type 0 -> = 00000001
;   verw: type 0 -> = 00000000
;   lar: system type 1 -> = 00c08100
;   lsl: system type 1 -> = 0fffffff
;   lar: code or data type 1 -> = 00c09100
;   verr: type 1 -> = 00000001
;   verw: type 1 -> = 00000000
;   lar: system type 2 -> = 00c08200
;   lsl: system type 2 -> = 0fffffff
;   lar: code or data type 2 -> = 00c09200
;   verr: type 2 -> = 00000001
;   verw: type 2 -> = 00000001
;   lar: system type 3 -> = 00c08300
;   lsl: system type 3 -> = 0fffffff
;   lar: code or data type 3 -> = 00c09300
;   verr: type 3 -> = 00000001
;   verw: type 3 -> = 00000001
;   lar: system type 4 -> = 00c08400
;   lsl: system type 4 -> = 12345679
;   lar: code or data type 4 -> = 00c09400
;   verr: type 4 -> = 00000001
;   verw: type 4 -> = 00000000
;   lar: system type 5 -> = 00c08500
;   lsl: system type 5 -> = 12345679
;   lar: code or data type 5 -> = 00c09500
;   verr: type 5 -> = 00000001
;   verw: type 5 -> = 00000000
;   lar: system type 6 -> = 12345679
;   lsl: system type 6 -> = 12345679
;   lar: code or data type 6 -> = 00c09600
;   verr: type 6 -> = 00000001
;   verw: type 6 -> = 00000001
;   lar: system type 7 -> = 12345679
;   lsl: system type 7 -> = 12345679
;   lar: code or data type 7 -> = 00c09700
;   verr: type 7 -> = 00000001
;   verw: type 7 -> = 00000001
;   lar: system type 8 -> = 12345679
;   lsl: system type 8 -> = 12345679
;   lar: code or data type 8 -> = 00c09800
;   verr: type 8 -> = 00000000
;   verw: type 8 -> = 00000000
;   lar: system type 9 -> = 00c08900
;   lsl: system type 9 -> = 0fffffff
;   lar: code or data type 9 -> = 00c09900
;   verr: type 9 -> = 00000000
;   verw: type 9 -> = 00000000
;   lar: system type 10 -> = 12345679
;   lsl: system type 10 -> = 12345679
;   lar: code or data type 10 -> = 00c09a00
;   verr: type 10 -> = 00000001
;   verw: type 10 -> = 00000000
;   lar: system type 11 -> = 00c08b00
;   lsl: system type 11 -> = 0fffffff
;   lar: code or data type 11 -> = 00c09b00
;   verr: type 11 -> = 00000001
;   verw: type 11 -> = 00000000
;   lar: system type 12 -> = 00c08c00
;   lsl: system type 12 -> = 12345679
;   lar: code or data type 12 -> = 00c09c00
;   verr: type 12 -> = 00000000
;   verw: type 12 -> = 00000000
;   lar: system type 13 -> = 12345679
;   lsl: system type 13 -> = 12345679
;   lar: code or data type 13 -> = 00c09d00
;   verr: type 13 -> = 00000000
;   verw: type 13 -> = 00000000
;   lar: system type 14 -> = 12345679
;   lsl: system type 14 -> = 12345679
;   lar: code or data type 14 -> = 00c09e00
;   verr: type 14 -> = 00000001
;   verw: type 14 -> = 00000000
;   lar: system type 15 -> = 12345679
;   lsl: system type 15 -> = 12345679
;   lar: code or data type 15 -> = 00c09f00
;   verr: type 15 -> = 00000001
;   verw: type 15 -> = 00000000
;   lar: null -> = 12345679
;   lar: beyond the GDT -> = 12345679
;   lar: RPL 3 on DPL 0 data -> = 12345679
;   lar: RPL 3 on DPL 0 conforming -> = 00c09e00
;   lar: not present -> = 00c01200
;   lsl: null -> = 12345679
;   lsl: bytes -> = 0000ffff
;   lsl: not present -> = 0000ffff
;   verr: null -> = 00000000
;   verr: system -> = 00000000
;   verr: RPL 3 on DPL 0 -> = 00000000
;   verw: not present -> = 00000001
;   lar at CPL 3: DPL 0 -> = 12345678
;   arpl raises -> = 00004653
;   arpl leaves -> = 00000653
;   lldt: null -> ok
;   lldt: LDT -> = 00000038
;   lldt: not an LDT -> #GP(0010) +04 rf
;   lldt: in the LDT -> #GP(003c) +04 rf
;   lldt: not present -> #NP(0050) +18 rf
;   lldt: beyond the GDT -> #GP(0100) +04 rf
;   ltr: null -> #GP(0000) +00 rf
;   ltr: busy -> #GP(0028) +04 rf
;   ltr: data -> #GP(0010) +04 rf
;   ltr: not present -> #NP(0050) +18 rf
;   ltr: marks it busy -> = 00008b00
;   ltr: 16-bit -> = 00008300
;   ltr: in the LDT -> #GP(0034) +04 rf
;   lgdt register form -> #UD +00 rf
;   CPL 3: cli -> #GP(0000) +00 rf cpl3
;   CPL 3: sti -> #GP(0000) +00 rf cpl3
;   CPL 3: hlt -> #GP(0000) +00 rf cpl3
;   CPL 3: clts -> #GP(0000) +00 rf cpl3
;   CPL 3: lgdt -> #GP(0000) +00 rf cpl3
;   CPL 3: lidt -> #GP(0000) +00 rf cpl3
;   CPL 3: lldt -> #GP(0000) +00 rf cpl3
;   CPL 3: ltr -> #GP(0000) +00 rf cpl3
;   CPL 3: lmsw -> #GP(0000) +00 rf cpl3
;   CPL 3: mov eax, cr0 -> #GP(0000) +00 rf cpl3
;   CPL 3: mov cr0, eax -> #GP(0000) +00 rf cpl3
;   CPL 3: mov eax, cr1 -> #UD +00 rf cpl3
;   CPL 3: mov eax, cr2 -> #GP(0000) +00 rf cpl3
;   CPL 3: mov cr3, eax -> #GP(0000) +00 rf cpl3
;   CPL 3: mov eax, cr4 -> #GP(0000) +00 rf cpl3
;   CPL 3: mov eax, dr0 -> #GP(0000) +00 rf cpl3
;   CPL 3: mov dr7, eax -> #GP(0000) +00 rf cpl3
;   CPL 3: invlpg -> #GP(0000) +00 rf cpl3
;   CPL 3: invd -> #GP(0000) +00 rf cpl3
;   CPL 3: wbinvd -> #GP(0000) +00 rf cpl3
;   CPL 3: rdmsr -> #GP(0000) +00 rf cpl3
;   CPL 3: wrmsr -> #GP(0000) +00 rf cpl3
;   CPL 3: rdpmc without PCE -> #GP(0000) +00 rf cpl3
;   CPL 3: sysexit -> #GP(0000) +00 rf cpl3
;   CPL 3: in al, 0x80, open -> ok
;   CPL 3: in al, 0x88, open -> ok
;   CPL 3: in ax, 0x88, half open -> #GP(0000) +00 rf cpl3
;   CPL 3: in eax, 0x84, open -> ok
;   CPL 3: in eax, 0x86, across a byte, closed -> #GP(0000) +00 rf cpl3
;   CPL 3: in al, 0x60, closed -> #GP(0000) +00 rf cpl3
;   CPL 3: out 0x60, al, closed -> #GP(0000) +00 rf cpl3
;   CPL 3: rep insb, closed, ecx 0 -> #GP(0000) +04 rf cpl3
;   CPL 3: outsb, closed -> #GP(0000) +04 rf cpl3
;   CPL 3: last port, its second byte is inside the limit -> #GP(0000) +04 rf cpl3
;   CPL 3: port beyond the bitmap -> #GP(0000) +04 rf cpl3
;   CPL 3: sgdt -> ok
;   CPL 3: smsw -> = 00000031
;   CPL 3: str -> = 00000028
;   CPL 3, IOPL 3: in al, 0x60 -> ok
;   CPL 3, IOPL 3: cli -> ok
;   CPL 3, IOPL 3: popfd changes IF, not IOPL -> = 00003202
;   cr0: NW without CD -> #GP(0000) +05 rf
;   lmsw cannot clear PE -> = 00000001
;   lmsw sets MP EM TS -> = 0000000f
;   mov cr1, eax -> #UD +00 rf
;   mov cr8, eax without REX is cr0 -> #UD +03 rf
;   cr4: PCIDE outside long mode -> #GP(0000) +05 rf
;   fpu: TS -> #NM +08 rf
;   fpu: EM -> #NM +08 rf
;   fpu: wait with TS and MP -> #NM +08 rf
;   fpu: wait with TS alone -> ok
;   sse without OSFXSR -> #UD +00 rf
;   x87 exception with NE -> #MF +1a rf
;   UMIP refused or kept -> = 00000800
;   UMIP: sgdt -> #GP(0000) +00 rf cpl3
;   UMIP: sidt -> #GP(0000) +00 rf cpl3
;   UMIP: sldt -> #GP(0000) +00 rf cpl3
;   UMIP: str -> #GP(0000) +00 rf cpl3
;   UMIP: smsw -> #GP(0000) +00 rf cpl3
;   TSD: rdtsc -> #GP(0000) +00 rf cpl3
;   TSD: rdtscp -> #GP(0000) +00 rf cpl3
;   TSD: rdtsc at CPL 0 -> ok
;   rdtsc at CPL 3 -> ok
;   syscall with SCE clear -> #UD +00 rf cpl3
;   sysenter with SYSENTER_CS 0 -> #GP(0000) +0b rf
;   sysexit with SYSENTER_CS 0 -> #GP(0000) +00 rf
;   sysenter -> = 00080010
;   sysexit -> = 001b0023
;   wrmsr: unknown -> #GP(0000) +05 rf
;   rdmsr: unknown -> #GP(0000) +05 rf
;   wrmsr: PAT with a reserved type -> #GP(0000) +0a rf
;   lock xchg with a register -> #UD +00 rf
;   alignment check needs CPL 3 -> ok
;   alignment check: dword at 1 -> #AC(0000) +00 rf cpl3
;   alignment check: word at 2 -> ok
;   alignment check: fld tword at 8 -> #MF +00 rf cpl3
;   alignment check: fld tword at 4 -> #MF +00 rf cpl3
;   alignment check: push -> #AC(0000) +05 rf cpl3
;   alignment check: int 0x80 itself -> ok
;   cr4: reserved bit 31 -> #GP(0000) +05 rf
;   cr0: PG without PE -> #GP(0000) +05 rf
%include "harness32.inc"

; Data descriptors: base 0, limit 4 GiB unless the name says otherwise.
%macro LOAD 4+                          ; name, high doubleword, selector, register and after
  T %1
        DESC FREE, 0x0000ffff, %2
        mov ax, %3
        %4
  E
%endmacro
%macro LOAD3 4+
  T3 %1
        DESC FREE, 0x0000ffff, %2
        mov ax, %3
        %4
  E
%endmacro

tests:
; ---- loading data segments
        T "mov ds: null"
        mov ds, ax
        E
        T "mov ds: null with RPL 3"
        mov ax, 3
        mov ds, ax
        E
        T "read through null ds"
        mov ds, ax
        mov eax, [0]
        E
        T "write through null es"
        mov es, ax
        mov [es:0], eax
        E
        T "mov ss: null"
        mov ss, ax
        E
        T "mov ds: last byte of the GDT is one short"
        lgdt [short_gdtr]
        mov ax, FREE
        mov ds, ax
        E
        T "mov ds: beyond the GDT"
        mov ax, 0x100
        mov ds, ax
        E
        T "mov ds: beyond the GDT, RPL 3"
        mov ax, 0x103
        mov ds, ax
        E
        T "mov ds: LDT selector without LDT"
        mov ax, 0x0c
        mov ds, ax
        E
        T "mov ds: LDT selector"
        mov ax, LDT0
        lldt ax
        mov ax, 0x0c
        mov ds, ax
        E
        T "mov ds: beyond the LDT"
        mov ax, LDT0
        lldt ax
        mov ax, 0x24
        mov ds, ax
        E
%assign type 0
%rep 16
  %defstr type_text type
  %strcat title "mov ds: system type ", type_text
        LOAD title, 0x00cf8000 | (type << 8), FREE, mov ds, ax
  %strcat title "mov ds: code or data type ", type_text
        LOAD title, 0x00cf9000 | (type << 8), FREE, mov ds, ax
  %strcat title "mov ss: code or data type ", type_text
  %if (type & 14) != 6                  ; expand-down: below, with a limit that leaves room
        LOAD title, 0x00cf9000 | (type << 8), FREE, mov ss, ax
  %endif
  %assign type type + 1
%endrep
        T "mov ss: expand-down, writable"
        DESC FREE, 0, 0x00409600
        mov ax, FREE
        mov ss, ax
        E
        LOAD "mov ds: data not present", 0x00cf1300, FREE, mov ds, ax
        LOAD "mov ds: code not present and not readable", 0x00cf1900, FREE, mov ds, ax
        LOAD "mov ss: data not present", 0x00cf1300, FREE, mov ss, ax
        LOAD "mov ss: read-only not present", 0x00cf1100, FREE, mov ss, ax
        LOAD "mov ds: data DPL 0, RPL 3", 0x00cf9300, FREE | 3, mov ds, ax
        LOAD "mov ds: data DPL 3, RPL 3 at CPL 0", 0x00cff300, FREE | 3, mov ds, ax
        LOAD "mov ss: DPL 3 at CPL 0", 0x00cff300, FREE, mov ss, ax
        LOAD "mov ss: RPL 3 at CPL 0", 0x00cf9300, FREE | 3, mov ss, ax
        LOAD "mov ds: conforming readable DPL 0, RPL 3", 0x00cf9f00, FREE | 3, mov ds, ax
        LOAD3 "mov ds at CPL 3: data DPL 0", 0x00cf9300, FREE, mov ds, ax
        LOAD3 "mov ds at CPL 3: data DPL 2", 0x00cfd300, FREE, mov ds, ax
        LOAD3 "mov ds at CPL 3: data DPL 3, RPL 0", 0x00cff300, FREE, mov ds, ax
        LOAD3 "mov ds at CPL 3: code DPL 0", 0x00cf9b00, FREE, mov ds, ax
        LOAD3 "mov ds at CPL 3: conforming DPL 0", 0x00cf9f00, FREE, mov ds, ax
        LOAD3 "mov ss at CPL 3: DPL 3, RPL 3", 0x00cff300, FREE | 3, mov ss, ax
        LOAD3 "mov ss at CPL 3: DPL 3, RPL 0", 0x00cff300, FREE, mov ss, ax
        T "the accessed bit is set by loading"
        DESC FREE, 0xffff, 0x00cf9200
        mov ax, FREE
        mov ds, ax
        EV [es:gdt + FREE + 4]
        T "the accessed bit is not set by a refused load"
        DESC FREE, 0xffff, 0x00cf1200
        GATE 11, CODE0, %$np, 0x8e00
        mov ax, FREE
        mov ds, ax
%$np:    mov ax, DATA0
        mov ds, ax
        EV [gdt + FREE + 4]
        T "pop fs: null"
        push dword 0
        pop fs
        E
        T "lds: beyond the GDT leaves the register"
        mov ebx, 0x12345678
        GATE 13, CODE0, %$gp, 0x8e00
        lds ebx, [far_bad]
%$gp:    EV ebx
        T "mov cs, ax"
        db 0x8e, 0xc8
        E
        T "mov sreg 6, ax"
        db 0x8e, 0xf0
        E

; ---- access through segments
%macro THROUGH 4+                       ; name, low, high, instruction
  T %1
        DESC FREE, %2, %3
        mov ax, FREE
        mov fs, ax
        %4
  E
%endmacro
        THROUGH "read-only: read", 0x7000ffff, 0x00409000, mov al, [fs:0]
        THROUGH "read-only: write", 0x7000ffff, 0x00409000, mov [fs:0], al
        THROUGH "read-only: read-modify-write", 0x7000ffff, 0x00409000, inc byte [fs:0]
        THROUGH "read-only: cmpxchg that does not match", 0x7000ffff, 0x00409000, cmpxchg [fs:0], bl
        THROUGH "read-only: bt does not write", 0x7000ffff, 0x00409000, bt dword [fs:0], 1
        THROUGH "read-only: bts", 0x7000ffff, 0x00409000, bts dword [fs:0], 1
        THROUGH "read-only: setc", 0x7000ffff, 0x00409000, setc [fs:0]
        THROUGH "readable code: read", 0x7000ffff, 0x00409a00, mov al, [fs:0]
        THROUGH "readable code: write", 0x7000ffff, 0x00409a00, mov [fs:0], al
        THROUGH "limit fff: byte at fff", 0x70000fff, 0x00409200, mov al, [fs:0xfff]
        THROUGH "limit fff: word at fff", 0x70000fff, 0x00409200, mov ax, [fs:0xfff]
        THROUGH "limit fff: byte at 1000", 0x70000fff, 0x00409200, mov al, [fs:0x1000]
        THROUGH "limit fff: dword at ffffffff", 0x70000fff, 0x00409200, mov eax, [fs:0xffffffff]
        THROUGH "limit 4 GiB - 1: dword at fffffffe", 0x0000ffff, 0x00cf9200, mov eax, [fs:0xfffffffe]
        THROUGH "granularity 4 KiB, limit 0: byte at fff", 0x70000000, 0x00c09200, mov al, [fs:0xfff]
        THROUGH "granularity 4 KiB, limit 0: byte at 1000", 0x70000000, 0x00c09200, mov al, [fs:0x1000]
        THROUGH "expand-down limit fff: byte at fff", 0x70000fff, 0x00409600, mov al, [fs:0xfff]
        THROUGH "expand-down limit fff: byte at 1000", 0x70000fff, 0x00409600, mov al, [fs:0x1000]
        THROUGH "expand-down 16-bit: byte at ffff", 0x70000fff, 0x00009600, mov al, [fs:0xffff]
        THROUGH "expand-down 16-bit: word at ffff", 0x70000fff, 0x00009600, mov ax, [fs:0xffff]
        THROUGH "expand-down 16-bit: byte at 10000", 0x70000fff, 0x00009600, mov al, [fs:0x10000]
        THROUGH "expand-down limit ffffffff: byte at 0", 0x7000ffff, 0x00cf9600, mov al, [fs:0]
        T "write through cs"
        mov byte [scratch], 0
        mov byte [cs:scratch], 0
        E
        T "read through execute-only cs"
        DESC FREE, 0x0000ffff, 0x00cf9800
        jmp FREE:%$in
%$in:    mov eax, [cs:scratch]
        E
        T "jump beyond the limit of cs"
        DESC FREE, 0x0000ffff, 0x00409a00
        jmp FREE:%$in
%$in:    mov eax, 0x10000
        jmp eax
        E
        T "ss limit: push below an expand-down limit"
        DESC FREE, 0x6000, 0x00409600
        GATE 12, 0, 0, 0x8500
        mov word [idt + 12 * 8 + 2], TSS1
        call task_setup
        mov dword [tss1 + 0x20], ss_fault
        mov ax, FREE
        mov ss, ax
        mov esp, 0x6004
        push eax
        E
        T "ebp addresses ss: beyond its limit"
        DESC FREE, 0x6fff, 0x00409200
        mov ax, FREE
        mov ss, ax
        mov ebp, 0x7000
        mov eax, [ebp]
        E
        T "esp addresses ss, ds override does not fault so"
        DESC FREE, 0x6fff, 0x00409200
        mov ax, FREE
        mov ss, ax
        mov ebp, 0x7000
        mov eax, [ds:ebp]
        E
        T "null ds with an ss override"
        mov ds, ax
        mov eax, [ss:scratch]
        E
        T3 "null ds at CPL 3"
        mov ds, ax
        mov eax, [scratch]
        E
        T "rep movsb with ecx 0 through null"
        mov ds, ax
        rep movsb
        E
        T "lea through null"
        mov ds, ax
        lea eax, [0x1234]
        EV eax

; ---- far jumps and calls
%macro JUMP 3                           ; name, high doubleword, selector
  T %1
        DESC FREE, 0x0000ffff, %2
        jmp %3:%%in
  %%in:
  E
%endmacro
%macro JUMP3 3
  T3 %1
        DESC FREE, 0x0000ffff, %2
        jmp %3:%%in
  %%in: mov eax, cs
  EV eax
%endmacro
        JUMP "jmp far: null", 0, 0
        JUMP "jmp far: null with RPL", 0, 3
        JUMP "jmp far: beyond the GDT", 0, 0x100
        JUMP "jmp far: data", 0x00cf9200, FREE
        JUMP "jmp far: code not present", 0x00cf1a00, FREE
        JUMP "jmp far: data not present", 0x00cf1200, FREE
        JUMP "jmp far: code DPL 3 at CPL 0", 0x00cffa00, FREE
        JUMP "jmp far: RPL 3 at CPL 0", 0x00cf9a00, FREE | 3
        JUMP "jmp far: conforming DPL 3 at CPL 0", 0x00cffe00, FREE
        JUMP "jmp far: interrupt gate", 0x00008e00, FREE
        JUMP "jmp far: LDT", 0x00008200, FREE
        JUMP "jmp far: busy TSS", 0x00008b00, FREE
        T "jmp far: beyond the limit"
        DESC FREE, 0x00000fff, 0x00409a00
        jmp FREE:%$in
%$in:
        E
        JUMP3 "jmp far at CPL 3: DPL 0", 0x00cf9a00, FREE
        JUMP3 "jmp far at CPL 3: DPL 3", 0x00cffa00, FREE | 3
        JUMP3 "jmp far at CPL 3: DPL 3, RPL 0", 0x00cffa00, FREE
        JUMP3 "jmp far at CPL 3: conforming DPL 0 keeps CPL", 0x00cf9e00, FREE
        JUMP3 "jmp far at CPL 3: conforming DPL 0, not present", 0x00cf1e00, FREE
        T "call far pushes cs and eip"
        call CODE0:%$in
%$in:    pop eax
        pop ebx
        sub eax, %$in
        shl ebx, 16
        or eax, ebx
        EV eax

; ---- call gates
%macro VIA 5                            ; name, gate's rights and count, code selector, its high doubleword, gate's RPL
  T3 %1
        CALLGATE FREE, (%3), %%in, %2
        DESC (FREE + 8), 0x0000ffff, %4
        push dword 0x11111111
        push dword 0x22222222
        call FREE | %5:0
  %%in: mov eax, cs
        shl eax, 16
        mov ecx, STACK0
        sub ecx, esp
        mov ax, cx
  EV eax
%endmacro
        VIA "call gate: to DPL 0", 0xec00, FREE + 8, 0x00cf9a00, 3
        VIA "call gate: two parameters", 0xec02, FREE + 8, 0x00cf9a00, 3
        VIA "call gate: DPL 0 from CPL 3", 0x8c00, FREE + 8, 0x00cf9a00, 3
        VIA "call gate: DPL 3, RPL 0", 0xec00, FREE + 8, 0x00cf9a00, 0
        VIA "call gate: not present", 0x6c00, FREE + 8, 0x00cf9a00, 3
        VIA "call gate: null code selector", 0xec00, 0, 0x00cf9a00, 3
        VIA "call gate: code beyond the GDT", 0xec00, 0x200, 0x00cf9a00, 3
        VIA "call gate: to data", 0xec00, FREE + 8, 0x00cf9200, 3
        VIA "call gate: code not present", 0xec00, FREE + 8, 0x00cf1a00, 3
        VIA "call gate: to conforming keeps CPL and stack", 0xec00, FREE + 8, 0x00cf9e00, 3
        VIA "call gate: selector RPL is ignored", 0xec00, FREE + 8 | 3, 0x00cf9a00, 3
        VIA "call gate: to DPL 3", 0xec00, FREE + 8, 0x00cffa00, 3
        VIA "call gate: 16-bit", 0xe400, FREE + 8, 0x00cf9a00, 3
        T3 "jmp through a call gate to DPL 0"
        CALLGATE FREE, CODE0, %$in, 0xec00
        jmp FREE | 3:0
%$in:
        E
        T3 "jmp through a call gate to DPL 3"
        CALLGATE FREE, CODE3, %$in, 0xec00
        jmp FREE | 3:0
%$in:
        E
        T "call gate: DPL 3 code from CPL 0"
        CALLGATE FREE, CODE3, %$in, 0xec00
        call FREE:0
%$in:
        E
        T3 "call gate: parameters are copied"
        CALLGATE FREE, CODE0, %$in, 0xec02
        push dword 0x11111111
        push dword 0x22222222
        call FREE | 3:0
%$in:    mov eax, [esp + 8]
        add eax, [esp + 12]
        EV eax
%macro INNER 4                          ; name, SS0, ESP0, descriptor's high
  T3 %1
        CALLGATE FREE, CODE0, %%in, 0xec00
        DESC (FREE + 8), 0x0000ffff, %4
        mov dword [tss + 4], %3
        mov word [tss + 8], %2
        ; the fault arrives on a stack of its own: a task
        call task_faults
        call FREE | 3:0
  %%in:
  E
%endmacro
        INNER "inner stack: null", 0, STACK0, 0x00cf9200
        INNER "inner stack: RPL 3", FREE + 8 + 3, STACK0, 0x00cf9200
        INNER "inner stack: DPL 3", FREE + 8, STACK0, 0x00cff200
        INNER "inner stack: read-only", FREE + 8, STACK0, 0x00cf9000
        INNER "inner stack: code", FREE + 8, STACK0, 0x00cf9a00
        INNER "inner stack: not present", FREE + 8, STACK0, 0x00cf1200
        INNER "inner stack: beyond the GDT", 0x200, STACK0, 0x00cf9200
        INNER "inner stack: beyond its limit", FREE + 8, 0x20000, 0x00409200
        T3 "inner stack: TSS too short"
        CALLGATE FREE, CODE1 & ~3, %$in, 0xec00
        DESC (FREE + 8), 0x0013, 0x8900
        mov word [gdt + FREE + 8 + 2], tss
        call task_faults
        push cs
        CALLGATE FREE + 16, CODE0, %$ltr, 0xec00
        call FREE + 16 | 3:0
%$ltr:   mov ax, FREE + 8
        ltr ax
        push dword DATA3
        push dword STACK3
        push dword CODE3
        push dword %$user
        retf
%$user:  call FREE | 3:0
%$in:
        E

; ---- far returns
%macro RETURN 3                         ; name, high doubleword, selector
  T %1
        DESC FREE, 0x0000ffff, %2
        push dword DATA3
        push dword STACK3
        push dword %3
        push dword %%in
        retf
  %%in: mov eax, cs
  EV eax
%endmacro
        RETURN "retf: null", 0, 0
        RETURN "retf: null with RPL 3", 0, 3
        RETURN "retf: beyond the GDT", 0, 0x103
        RETURN "retf: data", 0x00cff200, FREE | 3
        RETURN "retf: to DPL 3, RPL 3", 0x00cffa00, FREE | 3
        RETURN "retf: to DPL 3, RPL 0", 0x00cffa00, FREE
        RETURN "retf: to DPL 0, RPL 3", 0x00cf9a00, FREE | 3
        RETURN "retf: conforming DPL 0, RPL 3", 0x00cf9e00, FREE | 3
        RETURN "retf: conforming DPL 3, RPL 0", 0x00cffe00, FREE
        RETURN "retf: not present", 0x00cf7a00, FREE | 3
        RETURN "retf: system", 0x0000ec00, FREE | 3
        T3 "retf at CPL 3: to RPL 0"
        push dword CODE0
        push dword 0
        retf
        E
%macro OUTER 3                          ; name, SS, its high doubleword
  T %1
        DESC FREE, 0x0000ffff, %3
        push dword %2
        push dword STACK3
        push dword CODE3
        push dword %%in
        retf
  %%in: mov eax, ss
  EV eax
%endmacro
        OUTER "retf outward: ss null", 0, 0
        OUTER "retf outward: ss null, RPL 3", 3, 0
        OUTER "retf outward: ss RPL 0", FREE, 0x00cff200
        OUTER "retf outward: ss DPL 0", FREE | 3, 0x00cf9200
        OUTER "retf outward: ss read-only", FREE | 3, 0x00cff000
        OUTER "retf outward: ss not present", FREE | 3, 0x00cf7200
        OUTER "retf outward: ss beyond the GDT", 0x103, 0
        OUTER "retf outward: ss DPL 3", FREE | 3, 0x00cff200
        T "retf outward nulls inner data segments"
        mov ax, DATA3
        mov fs, ax
        push dword DATA3
        push dword STACK3
        push dword CODE3
        push dword %$in
        retf
%$in:    mov eax, ds
        shl eax, 16
        mov ax, fs
        EV eax
        T "retf outward: beyond the limit"
        DESC FREE, 0x00000fff, 0x0040fa00
        push dword DATA3
        push dword STACK3
        push dword FREE | 3
        push dword %$in
        retf
%$in:
        E
        T "retf n releases on both stacks"
        push dword DATA3
        push dword STACK3
        push dword 0
        push dword 0
        push dword CODE3
        push dword %$in
        retf 8
%$in:    mov eax, esp
        EV eax

; ---- IRET
        T "iret: EFLAGS of CPL 0"
        push dword 0x003f7fd7
        push dword CODE0
        push dword %$in
        and dword [esp + 8], ~0x00024300        ; no VM, NT, TF, IF
        iret
%$in:    pushfd
        pop eax
        EV eax
        T3 "iret at CPL 3 keeps IOPL, IF, VIF and VIP"
        push dword 0x003ffed7
        push dword CODE3
        push dword %$in
        and dword [esp + 8], ~0x00034100
        iret
%$in:    pushfd
        pop eax
        EV eax
        T3 "popfd at CPL 3 keeps IOPL and IF"
        push dword 0x003ffed7
        and dword [esp], ~0x00034100
        popfd
        pushfd
        pop eax
        EV eax
        T "popfd at CPL 0 keeps VIF and VIP, clears RF"
        push dword 0x003ffed7
        and dword [esp], ~0x00020300
        popfd
        pushfd
        pop eax
        EV eax
        T "iret: null cs"
        push dword 2
        push dword 0
        push dword 0
        iret
        E
        T3 "iret at CPL 3: to RPL 0"
        push dword 2
        push dword CODE0
        push dword 0
        iret
        E
        T3 "iret at CPL 3: NT"
        pushfd
        or dword [esp], 0x4000
        popfd
        iret
        E

; ---- gates of the IDT
%macro VECTOR 4                         ; name, selector, rights, code's high doubleword
  T %1
        DESC FREE, 0x0000ffff, %4
        GATE 0x90, %2, %%in, %3
        int 0x90
  %%in: mov eax, cs
  EV eax
%endmacro
%macro VECTOR3 4
  T3 %1
        DESC FREE, 0x0000ffff, %4
        GATE 0x90, %2, %%in, %3
        int 0x90
  %%in: mov eax, cs
  EV eax
%endmacro
        VECTOR "int: interrupt gate", CODE0, 0x8e00, 0
        VECTOR "int: gate not present", CODE0, 0x0e00, 0
        VECTOR "int: null code selector", 0, 0x8e00, 0
        VECTOR "int: code beyond the GDT", 0x200, 0x8e00, 0
        VECTOR "int: data", FREE, 0x8e00, 0x00cf9200
        VECTOR "int: code not present", FREE, 0x8e00, 0x00cf1a00
        VECTOR "int: code DPL 3 from CPL 0", FREE, 0x8e00, 0x00cffa00
        VECTOR "int: conforming DPL 0", FREE, 0x8e00, 0x00cf9e00
        VECTOR3 "int at CPL 3: gate DPL 0", CODE0, 0x8e00, 0
        VECTOR3 "int at CPL 3: gate DPL 3", CODE0, 0xee00, 0
        VECTOR3 "int at CPL 3: gate DPL 0 not present", CODE0, 0x0e00, 0
        VECTOR3 "int at CPL 3: conforming DPL 0 keeps CPL", FREE, 0xee00, 0x00cf9e00
        VECTOR3 "int at CPL 3: to CPL 1", CODE1 & ~3, 0xee00, 0
%assign type 0
%rep 16
  %if type != 5 && type != 14 && type != 15
  %defstr type_text type
  %strcat title "int: gate of type ", type_text
        VECTOR title, CODE0, 0x8000 | (type << 8), 0
  %endif
  %assign type type + 1
%endrep
        T "int: gate with S set"
        GATE 0x90, CODE0, 0, 0x9e00
        int 0x90
        E
        T "int: beyond the IDT"
        lidt [short_idtr]
        int 0x90
        E
        T "int: offset beyond the limit of its code"
        DESC FREE, 0x00000fff, 0x00409a00
        GATE 0x90, FREE, 0x1000, 0x8e00
        int 0x90
        E
        T "interrupt gate clears IF, trap gate does not"
        GATE 0x90, CODE0, %$in, 0x8e00
        GATE 0x91, CODE0, %$trap, 0x8f00
        push dword 0x202
        popfd
        int 0x91
%$trap:  pushfd
        int 0x90
%$in:    pushfd
        pop eax
        pop edx
        pop edx
        pop edx
        pop edx
        shl eax, 16
        mov ax, dx
        and eax, 0x02000200
        EV eax
        T3 "int3 at CPL 3 with gate DPL 0"
        and dword [idt + 3 * 8 + 4], ~0x6000
        int3
        E
        T3 "int1 at CPL 3 with gate DPL 0 is delivered"
        db 0xf1
        E
        T3 "into at CPL 3"
        mov al, 0x7f
        inc al
        into
        E
        T3 "int 13 at CPL 3"
        int 13
        E
        T "int 13 pushes no error code"
        GATE 13, CODE0, %$in, 0x8e00
        mov ebx, esp
        int 13
%$in:    sub ebx, esp
        EV ebx
        T "bound: in range"
        mov eax, 5
        bound eax, [bounds]
        E
        T "bound: out of range"
        mov eax, 11
        bound eax, [bounds]
        E
        T "ud2"
        ud2
        E
        T "lock nop"
        db 0xf0, 0x90
        E
        T "fifteen bytes"
        times 13 db 0x66
        db 0x89, 0xc0
        E
        T "sixteen bytes"
        times 14 db 0x66
        db 0x89, 0xc0
        E
        T "div by zero"
        xor ecx, ecx
        div ecx
        E
        T "aam 0"
        db 0xd4, 0
        E

; ---- LAR, LSL, VERR, VERW, ARPL
%macro ASK 4                            ; name, instruction, high doubleword, selector
  T %1
        DESC FREE, 0x0000ffff, %3
        mov eax, 0x12345678
        mov ecx, %4
        cmp ecx, ecx
        %2 eax, ecx
        jz %%yes
        or eax, 1
  %%yes:
  EV eax
%endmacro
%macro VERIFY 4
  T %1
        DESC FREE, 0x0000ffff, %3
        mov ecx, %4
        %2 cx
        setz al
        movzx eax, al
  EV eax
%endmacro
%assign type 0
%rep 16
  %defstr type_text type
  %strcat title "lar: system type ", type_text
        ASK title, lar, 0x00c08000 | (type << 8), FREE
  %strcat title "lsl: system type ", type_text
        ASK title, lsl, 0x00c08000 | (type << 8), FREE
  %strcat title "lar: code or data type ", type_text
        ASK title, lar, 0x00c09000 | (type << 8), FREE
  %strcat title "verr: type ", type_text
        VERIFY title, verr, 0x00c09000 | (type << 8), FREE
  %strcat title "verw: type ", type_text
        VERIFY title, verw, 0x00c09000 | (type << 8), FREE
  %assign type type + 1
%endrep
        ASK "lar: null", lar, 0, 0
        ASK "lar: beyond the GDT", lar, 0, 0x100
        ASK "lar: RPL 3 on DPL 0 data", lar, 0x00c09200, FREE | 3
        ASK "lar: RPL 3 on DPL 0 conforming", lar, 0x00c09e00, FREE | 3
        ASK "lar: not present", lar, 0x00c01200, FREE
        ASK "lsl: null", lsl, 0, 0
        ASK "lsl: bytes", lsl, 0x00409200, FREE
        ASK "lsl: not present", lsl, 0x00401200, FREE
        VERIFY "verr: null", verr, 0, 0
        VERIFY "verr: system", verr, 0x00008200, FREE
        VERIFY "verr: RPL 3 on DPL 0", verr, 0x00c09200, FREE | 3
        VERIFY "verw: not present", verw, 0x00c01200, FREE
        T3 "lar at CPL 3: DPL 0"
        DESC FREE, 0xffff, 0x00c09200
        mov ecx, FREE
        mov eax, 0x12345678
        lar eax, ecx
        EV eax
        T "arpl raises"
        mov eax, 0x50
        mov ecx, 3
        arpl ax, cx
        lahf
        EV eax
        T "arpl leaves"
        mov eax, 0x53
        mov ecx, 1
        arpl ax, cx
        lahf
        EV eax

; ---- LLDT, LTR and the tables
        T "lldt: null"
        lldt ax
        E
        T "lldt: LDT"
        mov ax, LDT0
        lldt ax
        sldt eax
        EV eax
        T "lldt: not an LDT"
        mov ax, DATA0
        lldt ax
        E
        T "lldt: in the LDT"
        mov ax, LDT0 | 4
        lldt ax
        E
        T "lldt: not present"
        DESC FREE, 0x001f, 0x00000200
        mov ax, FREE
        lldt ax
        E
        T "lldt: beyond the GDT"
        mov ax, 0x100
        lldt ax
        E
        T "ltr: null"
        ltr ax
        E
        T "ltr: busy"
        mov ax, TSS0
        ltr ax
        E
        T "ltr: data"
        mov ax, DATA0
        ltr ax
        E
        T "ltr: not present"
        DESC FREE, 0x0067, 0x00000900
        mov ax, FREE
        ltr ax
        E
        T "ltr: marks it busy"
        mov ax, TSS1
        ltr ax
        EV [gdt + TSS1 + 4]
        T "ltr: 16-bit"
        DESC FREE, 0x0067, 0x00008100
        mov ax, FREE
        ltr ax
        EV [gdt + FREE + 4]
        T "ltr: in the LDT"
        mov ax, TSS1 | 4
        ltr ax
        E
        T "lgdt register form"
        db 0x0f, 0x01, 0xd7
        E

; ---- privileged at CPL 3
%macro PRIV 2+
  T3 %1
        %2
  E
%endmacro
        PRIV "CPL 3: cli", cli
        PRIV "CPL 3: sti", sti
        PRIV "CPL 3: hlt", hlt
        PRIV "CPL 3: clts", clts
        PRIV "CPL 3: lgdt", lgdt [gdtr]
        PRIV "CPL 3: lidt", lidt [idtr]
        PRIV "CPL 3: lldt", lldt ax
        PRIV "CPL 3: ltr", ltr ax
        PRIV "CPL 3: lmsw", lmsw ax
        PRIV "CPL 3: mov eax, cr0", mov eax, cr0
        PRIV "CPL 3: mov cr0, eax", mov cr0, eax
        PRIV "CPL 3: mov eax, cr1", db 0x0f, 0x20, 0xc8
        PRIV "CPL 3: mov eax, cr2", mov eax, cr2
        PRIV "CPL 3: mov cr3, eax", mov cr3, eax
        PRIV "CPL 3: mov eax, cr4", mov eax, cr4
        PRIV "CPL 3: mov eax, dr0", mov eax, dr0
        PRIV "CPL 3: mov dr7, eax", mov dr7, eax
        PRIV "CPL 3: invlpg", invlpg [0]
        PRIV "CPL 3: invd", invd
        PRIV "CPL 3: wbinvd", wbinvd
        PRIV "CPL 3: rdmsr", rdmsr
        PRIV "CPL 3: wrmsr", wrmsr
        PRIV "CPL 3: rdpmc without PCE", rdpmc
        PRIV "CPL 3: sysexit", sysexit
        PRIV "CPL 3: in al, 0x80, open", in al, 0x80
        PRIV "CPL 3: in al, 0x88, open", in al, 0x88
        PRIV "CPL 3: in ax, 0x88, half open", in ax, 0x88
        PRIV "CPL 3: in eax, 0x84, open", in eax, 0x84
        PRIV "CPL 3: in eax, 0x86, across a byte, closed", in eax, 0x86
        PRIV "CPL 3: in al, 0x60, closed", in al, 0x60
        PRIV "CPL 3: out 0x60, al, closed", out 0x60, al
        T3 "CPL 3: rep insb, closed, ecx 0"
        mov dx, 0x60
        rep insb
        E
        T3 "CPL 3: outsb, closed"
        mov dx, 0x60
        outsb
        E
        T3 "CPL 3: last port, its second byte is inside the limit"
        mov dx, 0x8f8
        in al, dx
        E
        T3 "CPL 3: port beyond the bitmap"
        mov dx, 0x1000
        in al, dx
        E
        T3 "CPL 3: sgdt"
        sgdt [scratch]
        E
        T3 "CPL 3: smsw"
        smsw eax
        EV eax
        T3 "CPL 3: str"
        str eax
        EV eax
        mov dword [user_flags], 0x3002
        T3 "CPL 3, IOPL 3: in al, 0x60"
        in al, 0x64
        E
        T3 "CPL 3, IOPL 3: cli"
        cli
        E
        T3 "CPL 3, IOPL 3: popfd changes IF, not IOPL"
        push dword 0x202
        popfd
        pushfd
        cli
        pop eax
        EV eax
        mov dword [user_flags], 2

; ---- CR4 and CR0
        T "cr0: NW without CD"
        mov eax, 0x20000011
        mov cr0, eax
        E
        T "lmsw cannot clear PE"
        xor eax, eax
        lmsw ax
        smsw eax
        and eax, 0xf
        EV eax
        T "lmsw sets MP EM TS"
        mov eax, 0xe
        lmsw ax
        smsw eax
        and eax, 0xf
        EV eax
        T "mov cr1, eax"
        db 0x0f, 0x22, 0xc8
        E
        T "mov cr8, eax without REX is cr0"
        mov eax, cr0
        lock mov cr0, eax
        E
        T "cr4: PCIDE outside long mode"
        mov eax, 0x20000
        mov cr4, eax
        E
        T "fpu: TS"
        mov eax, 0x3b
        mov cr0, eax
        fnop
        E
        T "fpu: EM"
        mov eax, 0x35
        mov cr0, eax
        fnop
        E
        T "fpu: wait with TS and MP"
        mov eax, 0x3b
        mov cr0, eax
        wait
        E
        T "fpu: wait with TS alone"
        mov eax, 0x39
        mov cr0, eax
        wait
        E
        T "sse without OSFXSR"
        movaps xmm0, xmm1
        E
        T "x87 exception with NE"
        fninit
        fldz
        fld1
        push dword 0x0337
        fldcw [esp]
        fdivrp
        mov dword [esp], 0x0333
        fldcw [esp]
        fldz
        fld1
        fdivrp
        fwait
        E
        mov dword [base_cr4], 0x800
        T "UMIP refused or kept"
        mov eax, cr4
        EV eax
        T3 "UMIP: sgdt"
        sgdt [scratch]
        E
        T3 "UMIP: sidt"
        sidt [scratch]
        E
        T3 "UMIP: sldt"
        sldt eax
        E
        T3 "UMIP: str"
        str eax
        E
        T3 "UMIP: smsw"
        smsw eax
        E
        mov dword [base_cr4], 4
        T3 "TSD: rdtsc"
        rdtsc
        E
        T3 "TSD: rdtscp"
        rdtscp
        E
        T "TSD: rdtsc at CPL 0"
        rdtsc
        E
        mov dword [base_cr4], 0
        T3 "rdtsc at CPL 3"
        rdtsc
        E
        T3 "syscall with SCE clear"
        syscall
        E
        T "sysenter with SYSENTER_CS 0"
        mov ecx, 0x174
        xor eax, eax
        xor edx, edx
        wrmsr
        sysenter
        E
        T "sysexit with SYSENTER_CS 0"
        sysexit
        E
        T3 "sysenter"
        CALLGATE FREE, CODE0, %$set, 0xec00
        call FREE | 3:0
%$set:   mov ecx, 0x174
        mov eax, CODE0
        xor edx, edx
        wrmsr
        inc ecx
        mov eax, STACK0
        wrmsr
        inc ecx
        mov eax, %$in
        wrmsr
        push dword DATA3
        push dword STACK3
        push dword CODE3
        push dword %$user
        retf
%$user:  sysenter
%$in:    mov eax, cs
        shl eax, 16
        mov ax, ss
        EV eax
        T "sysexit"
        mov edx, %$in
        mov ecx, STACK3
        sysexit
%$in:    mov eax, cs
        shl eax, 16
        mov ax, ss
        EV eax
        T "wrmsr: unknown"
        mov ecx, 0x12345
        wrmsr
        E
        T "rdmsr: unknown"
        mov ecx, 0x12345
        rdmsr
        E
        T "wrmsr: PAT with a reserved type"
        mov ecx, 0x277
        mov eax, 2
        wrmsr
        E
        T "lock xchg with a register"
        db 0xf0, 0x87, 0xc0
        E
        T "alignment check needs CPL 3"
        mov eax, 0x40031
        mov cr0, eax
        push dword 0x40002
        popfd
        mov eax, [scratch + 1]
        E
        mov dword [base_cr0], 0x40031
        mov dword [user_flags], 0x40002
        T3 "alignment check: dword at 1"
        mov eax, [scratch + 1]
        E
        T3 "alignment check: word at 2"
        mov ax, [scratch + 2]
        E
        T3 "alignment check: fld tword at 8"
        fld tword [scratch + 8]
        E
        T3 "alignment check: fld tword at 4"
        fld tword [scratch + 4]
        E
        T3 "alignment check: push"
        mov esp, STACK3 - 2
        push eax
        E
        T3 "alignment check: int 0x80 itself"
        mov esp, STACK3 - 2
        E
        T "cr4: reserved bit 31"
        mov eax, 0x80000000
        mov cr4, eax
        E
        T "cr0: PG without PE"
        mov eax, 0x80000010
        mov cr0, eax
        E
        mov dword [base_cr0], 0x31
        mov dword [user_flags], 2
        jmp finish

; ---- faults that need another stack arrive as a task
task_setup:
        pushad
        mov edi, tss1
        mov ecx, 26
        xor eax, eax
        rep stosd
        mov dword [tss1 + 0x24], 2
        mov dword [tss1 + 0x38], 0x5f00
        mov dword [tss1 + 0x4c], CODE0
        mov dword [tss1 + 0x48], DATA0
        mov dword [tss1 + 0x50], DATA0
        mov dword [tss1 + 0x54], DATA0
        mov dword [tss1 + 0x58], DATA0
        mov dword [tss1 + 0x5c], DATA0
        popad
        ret
task_faults:                            ; #TS, #NP and #SS through task gates, a task for each
        call task_setup
        pushad
%assign v 10
%rep 3
        mov dword [tss1 + 0x20], task_fault_%[v]
        mov esi, tss1
        mov edi, fault_tss + 104 * (v - 10)
        mov dword [gdt + 0xe0 + 8 * (v - 10)], 103
        mov [gdt + 0xe0 + 8 * (v - 10) + 2], di
        mov dword [gdt + 0xe0 + 8 * (v - 10) + 4], 0x8900
        mov dword [idt + v * 8], (0xe0 + 8 * (v - 10)) << 16
        mov dword [idt + v * 8 + 4], 0x8500
        mov ecx, 26
        rep movsd
  %assign v v + 1
%endrep
        popad
        ret
; The error code and the interrupted task's EIP, CS and flags as if a gate had pushed them.
%macro AS_GATE 1
        pop eax
        push dword [tss + 0x24]
        push dword [tss + 0x4c]
        push dword [tss + 0x20]
        push eax
        push byte %1
        jmp fault
%endmacro
task_fault_10: AS_GATE 10
task_fault_11: AS_GATE 11
ss_fault:
task_fault_12: AS_GATE 12

        section .bss
fault_tss: resb 3 * 104
        section .data
        align 16
scratch:    times 32 db 0
bounds:     dd 1, 10
far_bad:    dd 0x99999999
            dw 0x100
short_gdtr: dw FREE + 6
            dd gdt
short_idtr: dw 0x90 * 8 + 6
            dd idt
        section .text
