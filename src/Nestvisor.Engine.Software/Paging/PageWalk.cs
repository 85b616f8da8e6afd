namespace Nestvisor.Engine.Software.Paging;

/// <summary>One walk through page tables: what is asked, and what came out.</summary>
internal struct PageWalk
{
    /// <summary>The address to translate: linear, or guest-physical in a walk of nested tables.</summary>
    public ulong Address;

    /// <summary>CR3 or nCR3.</summary>
    public ulong Root;

    /// <summary>4, 3 (PAE) or 2 levels.</summary>
    public int Levels;

    public AccessKind Kind;

    /// <summary>A user access.</summary>
    public bool User;

    /// <summary>Supervisor data accesses to user pages fault.</summary>
    public bool Smap;

    public bool Smep;

    /// <summary>Supervisor writes obey the R/W bit.</summary>
    public bool WriteProtect;

    public bool NoExecute;

    /// <summary>Large pages exist in 2-level tables.</summary>
    public bool PageSizeExtensions;

    /// <summary>Rights of protection keys on user pages (PKRU); 0, which forbids nothing, without CR4.PKE.</summary>
    public uint UserKeys;

    /// <summary>Rights of protection keys on supervisor pages (IA32_PKRS); 0 without CR4.PKS.</summary>
    public uint SupervisorKeys;

    /// <summary>The tables themselves are at nested guest-physical addresses.</summary>
    public bool TablesAreNested;

    /// <summary>Result: the physical address.</summary>
    public ulong Physical;

    /// <summary>Result: a write is allowed too, and the dirty bit is set.</summary>
    public bool Writable;

    /// <summary>Result: the leaf is global.</summary>
    public bool Global;

    /// <summary>Result: log2 of the page's size.</summary>
    public int Shift;

    /// <summary>Result: error code of a fault.</summary>
    public ulong Error;

    /// <summary>Result: the nested guest-physical address that faulted.</summary>
    public ulong NestedAddress;
}
