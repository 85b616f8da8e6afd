using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>
/// Random bytes from the kernel (getrandom(2)). Unlike .NET's generator it needs no OpenSSL library, which a small guest
/// system may not have, and opens no file, which a locked-down process cannot.
/// </summary>
public static unsafe partial class HostRandom
{
    private const int Interrupted = 4;

    /// <summary>Fills a buffer with cryptographically strong random bytes.</summary>
    /// <param name="target">The buffer.</param>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public static void Fill(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            nint count;

            // SAFETY: the span is pinned for the call, and the kernel writes at most its length.
            fixed (byte* start = target)
            {
                count = getrandom(start, (nuint)target.Length, 0);
            }

            if (count >= 0)
            {
                target = target[(int)count..];
            }
            else if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), "The kernel gives no random bytes");
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getrandom(byte* buffer, nuint length, uint flags);
}
