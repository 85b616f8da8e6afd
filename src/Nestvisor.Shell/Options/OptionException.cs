namespace Nestvisor.Shell.Options;

/// <summary>A command line that cannot be followed; the message says why and what to do.</summary>
internal sealed class OptionException(string message) : Exception(message);
