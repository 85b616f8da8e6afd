using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>
/// A real-time signal whose only effect is that a blocking call of the thread it is sent to returns. Its handler is one
/// emitted <c>ret</c>: no managed code may run in a signal handler, because it could interrupt the runtime anywhere.
/// </summary>
public static unsafe partial class KickSignal
{
    // The runtime uses SIGRTMIN (34) for its own thread suspension, and debuggers use 35.
    private const int Number = 36;
    private const int SysRtSigaction = 13;
    private const int SysGetTid = 186;
    private const int SysTgkill = 234;
    private const ulong Restorer = 0x0400_0000;
    private const ulong Restart = 0x1000_0000;

    private static readonly Lock s_lock = new();
    private static bool s_installed;

    /// <summary>Installs the handler. Later calls do nothing.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public static void Install()
    {
        lock (s_lock)
        {
            if (s_installed)
            {
                return;
            }

            byte* code = ExecutableMemory.Create([
                0xC3, // handler: ret
                0xB8, 0x0F, 0x00, 0x00, 0x00, // restorer: mov eax, 15 (rt_sigreturn)
                0x0F, 0x05, // syscall
            ]);
            KernelAction action = new() { Handler = code, Flags = Restorer | Restart, Restorer = code + 1 };
            if (syscall(SysRtSigaction, Number, (nint)(&action), 0, sizeof(ulong)) != 0)
            {
                throw LinuxError.Last($"Cannot install the handler of signal {Number}");
            }

            s_installed = true;
        }
    }

    /// <summary>Identifies the calling thread.</summary>
    /// <returns>Its kernel id, for <see cref="Send"/>.</returns>
    public static int CurrentThread() => (int)syscall(SysGetTid, 0, 0, 0, 0);

    /// <summary>Interrupts a thread of this process. A thread that is gone is no error.</summary>
    /// <param name="thread">What <see cref="CurrentThread"/> returned there.</param>
    public static void Send(int thread) => _ = syscall(SysTgkill, Environment.ProcessId, thread, Number, 0);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth);

    // struct kernel_sigaction of x86-64, which is not libc's struct sigaction.
    private struct KernelAction
    {
        public byte* Handler;
        public ulong Flags;
        public byte* Restorer;
        public ulong Mask;
    }
}
