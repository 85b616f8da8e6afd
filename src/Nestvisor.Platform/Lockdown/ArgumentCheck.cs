namespace Nestvisor.Platform.Lockdown;

/// <summary>A condition on an argument of a system call: (argument AND mask) = value.</summary>
/// <param name="Index">Number of the argument, 0 to 5.</param>
/// <param name="Mask">The bits that count.</param>
/// <param name="Value">What they must be.</param>
public readonly record struct ArgumentCheck(int Index, ulong Mask, ulong Value);
