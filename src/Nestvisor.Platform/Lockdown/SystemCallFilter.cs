using System.Runtime.InteropServices;

namespace Nestvisor.Platform.Lockdown;

/// <summary>
/// A list of the system calls that the process may still make (seccomp(2)). What is not on it fails with EPERM, if nothing else is asked for;
/// a call in another ABI than x86-64's kills the process.
/// </summary>
public sealed unsafe partial class SystemCallFilter
{
    private const int SysSeccomp = 317;
    private const int SetModeFilter = 1;
    private const int SynchronizeThreads = 1;
    private const int MaximumLength = 4096;

    private const uint Allowed = 0x7FFF_0000;
    private const uint Errno = 0x0005_0000;
    private const uint KillProcess = 0x8000_0000;
    private const uint ArchitectureX64 = 0xC000_003E;
    private const uint FirstX32Call = 0x4000_0000;

    // struct seccomp_data: nr at 0, arch at 4, args from 16 on.
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint ArgumentsOffset = 16;

    // BPF: load a word, AND with a constant, jump if equal or not below, return.
    private const ushort Load = 0x20;
    private const ushort And = 0x54;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfNotBelow = 0x35;
    private const ushort Return = 0x06;

    private readonly List<Instruction> _program =
    [
        new(Load, 0, 0, ArchitectureOffset),
        new(JumpIfEqual, 1, 0, ArchitectureX64),
        new(Return, 0, 0, KillProcess),
        new(Load, 0, 0, NumberOffset),
        new(JumpIfNotBelow, 0, 1, FirstX32Call),
        new(Return, 0, 0, KillProcess),
    ];

    private uint _others = Errno | LinuxError.NotPermitted;

    /// <summary>Allows calls whatever their arguments are. The frequent ones should come first.</summary>
    /// <param name="calls">The calls.</param>
    public void Allow(params ReadOnlySpan<SystemCall> calls)
    {
        foreach (SystemCall call in calls)
        {
            Add(call, Allowed, []);
        }
    }

    /// <summary>Allows a call whose arguments meet all conditions. Several rules for one call are alternatives.</summary>
    /// <param name="call">The call.</param>
    /// <param name="checks">The conditions.</param>
    public void AllowIf(SystemCall call, params ReadOnlySpan<ArgumentCheck> checks) => Add(call, Allowed, checks);

    /// <summary>Makes a call fail with an error of its own.</summary>
    /// <param name="call">The call.</param>
    /// <param name="error">The error number.</param>
    public void Fail(SystemCall call, int error) => Add(call, Errno | (uint)error, []);

    /// <summary>Makes calls do nothing and succeed.</summary>
    /// <param name="calls">The calls.</param>
    public void Pretend(params ReadOnlySpan<SystemCall> calls)
    {
        foreach (SystemCall call in calls)
        {
            Add(call, Errno, []);
        }
    }

    /// <summary>Allows what is not on the list.</summary>
    public void AllowOthers() => _others = Allowed;

    /// <summary>Puts the filter on all threads of the process, for good. <see cref="ProcessControl.ForbidNewPrivileges"/> comes before.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public void Apply()
    {
        Instruction[] program = [.. _program, new(Return, 0, 0, _others)];
        if (program.Length > MaximumLength)
        {
            throw new InvalidOperationException($"A filter has at most {MaximumLength} instructions, this one {program.Length}.");
        }

        // SAFETY: the kernel copies the program during the call, for which it is pinned.
        fixed (Instruction* first = program)
        {
            Program descriptor = new() { Length = (ushort)program.Length, First = first };
            long result = syscall(SysSeccomp, SetModeFilter, SynchronizeThreads, &descriptor);
            if (result != 0)
            {
                throw result > 0
                    ? LinuxError.Create(LinuxError.Again, $"Cannot filter system calls: thread {result} has another filter")
                    : LinuxError.Last("Cannot filter system calls");
            }
        }
    }

    private void Add(SystemCall call, uint action, ReadOnlySpan<ArgumentCheck> checks)
    {
        List<Instruction> body = [];
        foreach (ArgumentCheck check in checks)
        {
            AddWord(body, check.Index, 0, (uint)check.Mask, (uint)check.Value);
            AddWord(body, check.Index, 4, (uint)(check.Mask >> 32), (uint)(check.Value >> 32));
        }

        // A condition that fails goes behind the rule, where the number is loaded anew.
        for (int i = 0; i < body.Count; i++)
        {
            if (body[i].Code == JumpIfEqual)
            {
                body[i] = body[i] with { IfFalse = (byte)(body.Count - i) };
            }
        }

        body.Add(new Instruction(Return, 0, 0, action));
        if (checks.Length != 0)
        {
            body.Add(new Instruction(Load, 0, 0, NumberOffset));
        }

        _program.Add(new Instruction(JumpIfEqual, 0, (byte)body.Count, (uint)call));
        _program.AddRange(body);
    }

    private static void AddWord(List<Instruction> body, int index, uint half, uint mask, uint value)
    {
        if (mask == 0)
        {
            return;
        }

        body.Add(new Instruction(Load, 0, 0, ArgumentsOffset + ((uint)index * 8) + half));
        body.Add(new Instruction(And, 0, 0, mask));
        body.Add(new Instruction(JumpIfEqual, 0, 0, value));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, nint operation, nint flags, Program* program);

    // struct sock_filter.
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand);

    // struct sock_fprog.
    private struct Program
    {
        public ushort Length;
        public Instruction* First;
    }
}
