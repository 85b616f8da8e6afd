using System.Buffers.Binary;
using Iced.Intel;

namespace Nestvisor.Worker.Tests;

/// <summary>Writes 32-bit multiboot kernels of a few instructions.</summary>
internal static class TestKernel
{
    private const uint Address = 0x10_0000;
    private const int CodeOffset = 0x1000;
    private const int HeaderSize = 12;

    public static string Write(string path, Action<Assembler> program)
    {
        Assembler assembler = new(32);
        program(assembler);
        using MemoryStream code = new();
        assembler.Assemble(new StreamCodeWriter(code), Address + HeaderSize);
        byte[] file = new byte[CodeOffset + HeaderSize + (int)code.Length];
        Span<byte> span = file;

        // ELF32, EM_386, ET_EXEC with one PT_LOAD.
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1]).CopyTo(span);
        Put16(span, 16, 2);
        Put16(span, 18, 3);
        Put32(span, 20, 1);
        Put32(span, 24, Address + HeaderSize);
        Put32(span, 28, 52);
        Put16(span, 40, 52);
        Put16(span, 42, 32);
        Put16(span, 44, 1);
        Put32(span, 52, 1);
        Put32(span, 56, CodeOffset);
        Put32(span, 60, Address);
        Put32(span, 64, Address);
        Put32(span, 68, (uint)(file.Length - CodeOffset));
        Put32(span, 72, (uint)(file.Length - CodeOffset));
        Put32(span, 76, 7);
        Put32(span, 80, 0x1000);

        // Multiboot header: magic, flags, checksum.
        Put32(span, CodeOffset, 0x1BAD_B002);
        Put32(span, CodeOffset + 8, unchecked(0u - 0x1BAD_B002));
        code.ToArray().CopyTo(span[(CodeOffset + HeaderSize)..]);
        File.WriteAllBytes(path, file);
        return path;
    }

    /// <summary>Prints a text on COM1.</summary>
    public static void Print(Assembler a, string text)
    {
        a.mov(AssemblerRegisters.dx, 0x3F8);
        foreach (char letter in text)
        {
            a.mov(AssemblerRegisters.al, (byte)letter);
            a.@out(AssemblerRegisters.dx, AssemblerRegisters.al);
        }
    }

    /// <summary>Ends the machine through the test device.</summary>
    public static void Exit(Assembler a, uint code)
    {
        a.mov(AssemblerRegisters.eax, code);
        a.@out(0xF4, AssemblerRegisters.eax);
        Spin(a);
    }

    /// <summary>Loops for ever.</summary>
    public static void Spin(Assembler a)
    {
        Label self = a.CreateLabel();
        a.Label(ref self);
        a.jmp(self);
    }

    /// <summary>Sends back every byte that COM1 receives.</summary>
    public static void Echo(Assembler a) => Echo(a, 0x3F8);

    /// <summary>Sends back every byte that a serial port receives.</summary>
    public static void Echo(Assembler a, ushort port)
    {
        Label wait = a.CreateLabel();
        a.Label(ref wait);
        a.mov(AssemblerRegisters.dx, (ushort)(port + 5));
        a.@in(AssemblerRegisters.al, AssemblerRegisters.dx);
        a.test(AssemblerRegisters.al, 1);
        a.je(wait);
        a.mov(AssemblerRegisters.dx, port);
        a.@in(AssemblerRegisters.al, AssemblerRegisters.dx);
        a.@out(AssemblerRegisters.dx, AssemblerRegisters.al);
        a.jmp(wait);
    }

    /// <summary>Answers each byte that COM1 receives with a letter, <c>b</c> first and then on; it keeps count in memory.</summary>
    public static void Count(Assembler a)
    {
        const int counter = 0x20_0000;
        Label wait = a.CreateLabel();
        a.mov(AssemblerRegisters.__dword_ptr[counter], 'a');
        a.Label(ref wait);
        a.mov(AssemblerRegisters.dx, 0x3FD);
        a.@in(AssemblerRegisters.al, AssemblerRegisters.dx);
        a.test(AssemblerRegisters.al, 1);
        a.je(wait);
        a.mov(AssemblerRegisters.dx, 0x3F8);
        a.@in(AssemblerRegisters.al, AssemblerRegisters.dx);
        a.inc(AssemblerRegisters.__dword_ptr[counter]);
        a.mov(AssemblerRegisters.eax, AssemblerRegisters.__dword_ptr[counter]);
        a.@out(AssemblerRegisters.dx, AssemblerRegisters.al);
        a.jmp(wait);
    }

    private static void Put16(Span<byte> file, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file[offset..], value);

    private static void Put32(Span<byte> file, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file[offset..], value);
}
