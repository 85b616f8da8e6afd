using Iced.Intel;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>What is compared with the host's processor.</summary>
internal unsafe interface IOracleSide
{
    /// <summary>The registers.</summary>
    VpState* State { get; }

    /// <summary>Takes an instruction, to be run at its IP.</summary>
    void SetInstruction(in Instruction instruction, ReadOnlySpan<byte> bytes);

    /// <summary>Executes; <c>Rip</c> is then where it goes on. Returns the vector of the exception, or -1.</summary>
    int Run();
}
