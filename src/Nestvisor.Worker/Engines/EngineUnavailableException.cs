namespace Nestvisor.Worker.Engines;

/// <summary>The engine that was asked for cannot be used on this host.</summary>
internal sealed class EngineUnavailableException(string message) : Exception(message);
