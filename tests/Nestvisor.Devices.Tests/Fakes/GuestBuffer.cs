namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>A buffer of a request.</summary>
internal readonly record struct GuestBuffer(ulong Address, uint Length, bool Writable);
