using System.ComponentModel;
using Nestvisor.Machine.Boot;
using Nestvisor.Storage;
using Nestvisor.Worker.Engines;

namespace Nestvisor.Worker.Running;

/// <summary>Tells what is wrong with the configuration or the host from what is wrong with the program.</summary>
internal static class StartFailure
{
    public static bool IsExpected(Exception error) => error
        is ConfigurationException or EngineUnavailableException or BootImageException or DiskException or IOException
        or UnauthorizedAccessException or Win32Exception or ArgumentException or FormatException or OutOfMemoryException;
}
