namespace Nestvisor.Shell.Hosting;

/// <summary>Whether escape codes may be written.</summary>
internal static class TerminalColours
{
    /// <summary>Only to a terminal that understands them, and only if the user has not declined (https://no-color.org).</summary>
    public static bool Wanted
        => !Console.IsOutputRedirected
            && !Console.IsErrorRedirected
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";
}
