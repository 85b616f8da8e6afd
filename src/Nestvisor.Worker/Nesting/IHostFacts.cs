using Nestvisor.Engine.Kvm;
using Nestvisor.X64;

namespace Nestvisor.Worker.Nesting;

/// <summary>What the checks look at; tests make hosts up.</summary>
internal interface IHostFacts
{
    /// <summary>What the Kvm engine found out by trying.</summary>
    KvmHostReport Kvm { get; }

    /// <summary>Whether user code may execute WRGSBASE.</summary>
    bool HasUserGsBase { get; }

    /// <summary>Executes CPUID, whatever the highest leaf is.</summary>
    CpuidResult Cpuid(uint leaf, uint subleaf);

    /// <summary>Whether there is something at a path.</summary>
    bool Exists(string path);

    /// <summary>The content of a small file, without blanks at its ends; null if it cannot be read.</summary>
    string? Read(string path);

    /// <summary>Opens a device for reading and writing, and closes it again.</summary>
    /// <returns>0, or the error's number.</returns>
    int TryOpen(string path);
}
