using Iced.Intel;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>Flags that the manuals leave undefined and in which the interpreter does not follow the host.</summary>
internal static class UndefinedFlags
{
    public static ulong Of(in Instruction instruction) => 0;
}
