namespace Nestvisor.Shell.Engine;

/// <summary>A script file that cannot be run; the message says why and what to do.</summary>
internal sealed class ScriptFileException(string message) : Exception(message);
