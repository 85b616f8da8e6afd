namespace Nestvisor.Shell.Engine;

/// <summary>
/// Says what to do where a line has been copied from a manual with its placeholders, as in <c>-VMName &lt;VMName&gt;</c>: the engine takes
/// that for the redirection of input, which it does not have.
/// </summary>
internal static class AngleBrackets
{
    /// <summary>Puts the message in place.</summary>
    /// <exception cref="InvalidOperationException">The engine is another build than the one Nestvisor is made for.</exception>
    public static void Install() => EngineText.Replace("ParserStrings", "RedirectionNotSupported", () =>
        "The '{0}' operator is reserved for future use. Where <VMName> or the like stands in an example, write the name itself, without the brackets; "
        + "a file is read with Get-Content FILE | COMMAND.");
}
