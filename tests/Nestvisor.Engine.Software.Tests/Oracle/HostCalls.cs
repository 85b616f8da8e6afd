using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>The system calls of the oracle.</summary>
internal static unsafe partial class HostCalls
{
    public const int None = 0;
    public const int Read = 1;
    public const int ReadWrite = 3;
    public const int ReadWriteExecute = 7;
    public const int SigInfo = 4;
    public const int OnStack = 0x08000000;
    public const int NoDefer = 0x40000000;

    private const int PrivateAnonymousBelow2G = 0x62;

    /// <summary>Maps pages below 2 GiB.</summary>
    public static byte* Map(nuint bytes, int protection)
    {
        void* result = mmap(null, bytes, protection, PrivateAnonymousBelow2G, -1, 0);
        return result == (void*)-1 ? throw new InvalidOperationException("mmap below 2 GiB failed") : (byte*)result;
    }

    public static void Protect(byte* address, nuint bytes, int protection)
    {
        if (mprotect(address, bytes, protection) != 0)
        {
            throw new InvalidOperationException("mprotect failed");
        }
    }

    /// <summary>Installs a signal handler; returns the one before.</summary>
    public static nint SetHandler(int signal, void* handler)
    {
        SignalAction action = new() { Handler = (nint)handler, Flags = SigInfo | OnStack | NoDefer };
        SignalAction before;
        return sigaction(signal, &action, &before) == 0
            ? before.Handler
            : throw new InvalidOperationException($"sigaction({signal}) failed");
    }

    /// <summary>Holds off all signals of this thread but those that instructions raise: others would be delivered on a guest's stack.</summary>
    public static void BlockSignals()
    {
        ulong* set = stackalloc ulong[16];
        new Span<ulong>(set, 16).Fill(ulong.MaxValue);
        foreach (int signal in Signals)
        {
            set[0] &= ~(1UL << (signal - 1));
        }

        _ = pthread_sigmask(0, set, null);
    }

    /// <summary>SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV.</summary>
    public static ReadOnlySpan<int> Signals => [4, 5, 7, 8, 11];

    /// <summary>Gives this thread a stack for signals if it has none.</summary>
    public static void EnsureSignalStack()
    {
        StackDescription now;
        _ = sigaltstack(null, &now);
        if ((now.Flags & 2) != 0)
        {
            const nuint Size = 1 << 16;
            StackDescription mine = new() { Pointer = Map(Size, ReadWrite), Size = Size };
            _ = sigaltstack(&mine, null);
        }
    }

    /// <summary>Sets an entry of the local descriptor table.</summary>
    public static void SetDescriptor(void* description, int size)
    {
        const long ModifyLdt = 154;
        const long Write = 0x11;
        if (syscall(ModifyLdt, Write, description, size) != 0)
        {
            throw new InvalidOperationException("modify_ldt failed");
        }
    }

    [LibraryImport("libc")]
    private static partial long syscall(long number, long function, void* pointer, long size);

    [LibraryImport("libc")]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc")]
    private static partial int mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int sigaction(int signal, SignalAction* action, SignalAction* before);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, void* set, void* before);

    [LibraryImport("libc")]
    private static partial int sigaltstack(StackDescription* stack, StackDescription* before);

    [StructLayout(LayoutKind.Sequential)]
    private struct SignalAction
    {
        public nint Handler;
        public fixed ulong Mask[16];
        public int Flags;
        public nint Restorer;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct StackDescription
    {
        public void* Pointer;
        public int Flags;
        public nuint Size;
    }
}
