namespace Nestvisor.Networking.Host;

/// <summary>A socket that waits for others to come to its port.</summary>
/// <param name="Address">Where it waits, as ss(8) writes it, such as <c>0.0.0.0:80</c>.</param>
/// <param name="Program">Name of its program; null if the kernel does not tell this user.</param>
/// <param name="ProcessId">Number of the program's process; 0 if it is not told.</param>
public sealed record PortListener(string Address, string? Program, int ProcessId);
