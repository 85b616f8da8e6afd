namespace Nestvisor.Management.Hosting;

/// <summary>The program's exit codes.</summary>
internal static class ExitCode
{
    /// <summary>All is well.</summary>
    public const int Success = 0;

    /// <summary>The service cannot work.</summary>
    public const int Failure = 1;

    /// <summary>Another service has the runtime folder.</summary>
    public const int AlreadyRunning = 3;

    /// <summary>The command line is wrong (EX_USAGE of sysexits.h).</summary>
    public const int Usage = 64;
}
