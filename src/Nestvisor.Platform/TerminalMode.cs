using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Puts a terminal into raw mode (termios(3)), so that every key goes through, and back.</summary>
public sealed unsafe partial class TerminalMode : IDisposable
{
    private const int Now = 0;

    private readonly int _fileDescriptor;
    private readonly Termios _saved;
    private bool _disposed;

    private TerminalMode(int fileDescriptor, in Termios saved)
    {
        _fileDescriptor = fileDescriptor;
        _saved = saved;
    }

    /// <summary>Switches to raw mode.</summary>
    /// <param name="fileDescriptor">The terminal.</param>
    /// <returns>Dispose it to switch back; null if the descriptor is not a terminal.</returns>
    public static TerminalMode? TryMakeRaw(int fileDescriptor)
    {
        Termios termios;
        if (tcgetattr(fileDescriptor, &termios) != 0)
        {
            return null;
        }

        TerminalMode mode = new(fileDescriptor, termios);
        cfmakeraw(&termios);
        return tcsetattr(fileDescriptor, Now, &termios) == 0 ? mode : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Termios saved = _saved;
            _ = tcsetattr(_fileDescriptor, Now, &saved);
        }
    }

    [LibraryImport("libc")]
    private static partial int tcgetattr(int fd, Termios* termios);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int fd, int actions, Termios* termios);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(Termios* termios);

    // struct termios of glibc: 60 bytes, of which nothing is read here.
    [InlineArray(16)]
    private struct Termios
    {
        private uint _first;
    }
}
