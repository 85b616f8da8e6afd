namespace Nestvisor.Api.Machines;

/// <summary>An exported virtual machine to take in. All paths are absolute.</summary>
public sealed record ImportMachineRequest
{
    /// <summary>The exported configuration, a file that ends in .vmcx.</summary>
    public required string Path { get; init; }

    /// <summary>Whether to copy the files; else they are used where they are.</summary>
    public bool Copy { get; init; }

    /// <summary>Whether the copy gets an identifier of its own.</summary>
    public bool GenerateNewId { get; init; }

    /// <summary>Folder for the copy's configuration; null for the service's own.</summary>
    public string? VirtualMachinePath { get; init; }

    /// <summary>Folder for the copies of virtual hard disks; null for the host's.</summary>
    public string? VhdDestinationPath { get; init; }

    /// <summary>Folder to copy the virtual hard disks from, by their names; null for where the configuration says they are.</summary>
    public string? VhdSourcePath { get; init; }

    /// <summary>Under which identifier to ask for the progress; null if nobody will.</summary>
    public Guid? Transfer { get; init; }
}
