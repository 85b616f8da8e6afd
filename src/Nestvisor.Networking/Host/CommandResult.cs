namespace Nestvisor.Networking.Host;

/// <summary>What a program said.</summary>
/// <param name="ExitCode">0 if all is well.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public readonly record struct CommandResult(int ExitCode, string Output, string Error);
