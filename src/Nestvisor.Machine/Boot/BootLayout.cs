namespace Nestvisor.Machine.Boot;

/// <summary>Where the loaders put what they make, all in conventional memory.</summary>
internal static class BootLayout
{
    /// <summary>Global descriptor table.</summary>
    public const ulong Descriptors = 0x1000;

    /// <summary>PVH start information, with its module list and memory map behind it.</summary>
    public const ulong StartInfo = 0x6000;

    /// <summary>Linux's zero page (boot_params).</summary>
    public const ulong ZeroPage = 0x7000;

    /// <summary>Identity page tables: PML4, PDPT, four page directories.</summary>
    public const ulong PageTables = 0xA000;

    /// <summary>Command line, up to 64 KiB.</summary>
    public const ulong CommandLine = 0x2_0000;

    /// <summary>Most bytes of command line, without its end.</summary>
    public const int CommandLineLimit = 0xFFFF;

    /// <summary>Least memory that any kernel is started in.</summary>
    public const ulong LeastMemory = 2 << 20;

    /// <summary>First address above conventional memory and the BIOS area.</summary>
    public const ulong OneMebibyte = 1 << 20;
}
