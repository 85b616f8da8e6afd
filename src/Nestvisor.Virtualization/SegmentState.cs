namespace Nestvisor.Virtualization;

/// <summary>A segment register with its hidden part.</summary>
/// <param name="Selector">The visible selector.</param>
/// <param name="Attributes">
/// Bits 7:0 are the descriptor's type, S, DPL and P (its bits 47:40), bits 11:8 its AVL, L, D/B and G (bits 55:52), as in
/// the VMCB (AMD APM vol. 2 §15.5).
/// </param>
/// <param name="Limit">Limit in bytes, expanded.</param>
/// <param name="Base">Linear base address.</param>
public readonly record struct SegmentState(ushort Selector, ushort Attributes, uint Limit, ulong Base);
