using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Interpreter;

namespace Nestvisor.Engine.Software.Blocks;

/// <summary>
/// A run of decoded instructions. It ends at a page's end, at an instruction that may change the mode, or at the first branch, but for
/// conditional ones that are not taken as a rule in a block that is translated.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Block
{
    /// <summary>The second page of a block that lies on one page only.</summary>
    public const ulong NoPage = ulong.MaxValue;

    /// <summary>L1 physical address of the first instruction.</summary>
    public ulong Physical;

    /// <summary>L1 physical address of the page that the last instruction ends on, if it is another one.</summary>
    public ulong SecondPage;

    /// <summary>The mode that it was decoded for.</summary>
    public uint Mode;

    /// <summary>Number of operations, the closing one included.</summary>
    public int Count;

    public Op* Ops;

    /// <summary>Next block in the same hash bucket.</summary>
    public Block* HashNext;

    /// <summary>Bytes of guest code.</summary>
    public int Bytes;

    /// <summary>How often it is to be interpreted before it is translated; counts down. Below zero: not any more, or never.</summary>
    public int Cold;

    /// <summary>Its native code, if there is some.</summary>
    public Translation.TranslatedBlock* Translation;

    /// <summary>Not zero once the code was changed: never entered again.</summary>
    public int Stale;
}
