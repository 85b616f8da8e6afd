namespace Nestvisor.Engine.Kvm;

/// <summary>What the Kvm engine can do on this host.</summary>
/// <param name="Usable">Whether a virtual machine can be created.</param>
/// <param name="Hardware">
/// Whether the processor shows AMD-V or VT-x. Without it a usable /dev/kvm is a paravirtual one: slow and incomplete, so that the
/// automatic choice must not take it, though it can be forced.
/// </param>
/// <param name="CanNest">Whether guests can be given virtualization extensions.</param>
/// <param name="Reasons">What is in the way, one sentence each, with what to do about it.</param>
public sealed record KvmHostReport(bool Usable, bool Hardware, bool CanNest, IReadOnlyList<string> Reasons)
{
    /// <summary>Whether the automatic choice of an engine may take Kvm.</summary>
    public bool Automatic => Usable && Hardware;
}
