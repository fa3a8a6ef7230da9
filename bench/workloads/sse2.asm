; SSE2 scalar double: Mandelbrot set, 64 x 64 points, at most 256 steps; eax = steps in all.
%include "boot.inc"
workload:
        push rcx
        xor r9d, r9d
        xor r10d, r10d                  ; y
.row:   xor r11d, r11d                  ; x
.point: cvtsi2sd xmm0, r11d             ; cr = x * 3 / 64 - 2
        mulsd xmm0, [scale3]
        subsd xmm0, [two]
        cvtsi2sd xmm1, r10d             ; ci = y * 2 / 64 - 1
        mulsd xmm1, [scale2]
        subsd xmm1, [one]
        xorpd xmm2, xmm2
        xorpd xmm3, xmm3
        mov ecx, 256
.step:  movapd xmm4, xmm2
        mulsd xmm4, xmm2                ; zr^2
        movapd xmm5, xmm3
        mulsd xmm5, xmm3                ; zi^2
        movapd xmm6, xmm4
        addsd xmm6, xmm5
        ucomisd xmm6, [four]
        ja .out
        mulsd xmm3, xmm2
        addsd xmm3, xmm3
        addsd xmm3, xmm1
        subsd xmm4, xmm5
        addsd xmm4, xmm0
        movapd xmm2, xmm4
        inc r9d
        dec ecx
        jnz .step
.out:   inc r11d
        cmp r11d, 64
        jb .point
        inc r10d
        cmp r10d, 64
        jb .row
        mov eax, r9d
        pop rcx
        dec ecx
        jnz workload
        ret
        align 8
scale3  dq 0.046875
scale2  dq 0.03125
one     dq 1.0
two     dq 2.0
four    dq 4.0
%include "end.inc"
