// The guest of bench/compare.sh's row first-instruction: a multiboot kernel whose first instructions write a line to COM1. What the
// host sees of them first is the whole line, some twenty port accesses after the first instruction.
// Build:  gcc -m32 -nostdlib -static -Wl,--build-id=none,-n,-Ttext=0x100000 -o first bench/first.S
        .text
        .globl  _start
        // The header that makes this a multiboot kernel: magic, flags, check sum.
        .long   0x1badb002, 0, -0x1badb002
_start: mov     $0x3f8, %dx
        mov     $line, %esi
next:   lodsb
        test    %al, %al
        jz      stop
        out     %al, %dx
        jmp     next
stop:   cli
        hlt
        jmp     stop
line:   .asciz  "L1: first instruction\n"
        .section .note.GNU-stack, "", @progbits
