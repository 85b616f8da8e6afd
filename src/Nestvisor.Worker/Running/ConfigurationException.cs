namespace Nestvisor.Worker.Running;

/// <summary>A configuration or an option is not one that a worker can use.</summary>
internal sealed class ConfigurationException(string message, Exception? inner = null) : Exception(message, inner);
