using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>The kernel's error numbers (errno(3)) that the code tells apart, and exceptions made from them.</summary>
public static class LinuxError
{
    /// <summary>Operation not permitted.</summary>
    public const int NotPermitted = 1;

    /// <summary>No such file or directory.</summary>
    public const int NoEntry = 2;

    /// <summary>A signal interrupted the call.</summary>
    public const int Interrupted = 4;

    /// <summary>Argument list too long; for KVM, more entries than the buffer holds.</summary>
    public const int TooBig = 7;

    /// <summary>Try again.</summary>
    public const int Again = 11;

    /// <summary>Permission denied.</summary>
    public const int Access = 13;

    /// <summary>Bad address.</summary>
    public const int Fault = 14;

    /// <summary>Already exists.</summary>
    public const int Exists = 17;

    /// <summary>No such device.</summary>
    public const int NoDevice = 19;

    /// <summary>Describes the error of the last call.</summary>
    /// <param name="what">What could not be done, without a full stop.</param>
    /// <returns>An exception whose message ends with the kernel's reason.</returns>
    public static Win32Exception Last(string what) => Create(Marshal.GetLastPInvokeError(), what);

    /// <summary>Describes an error.</summary>
    /// <param name="error">Its number.</param>
    /// <param name="what">What could not be done, without a full stop.</param>
    /// <returns>An exception whose message ends with the kernel's reason.</returns>
    public static Win32Exception Create(int error, string what) =>
        new(error, $"{what}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).");
}
