using System.Numerics;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>What an instruction computes, apart from where its operands are; a generic struct parameter, so that it inlines.</summary>
internal unsafe interface IIntegerOperation
{
    /// <summary>Whether the result is stored; if not, the first operand is only read.</summary>
    static virtual bool Writes => true;

    /// <summary>Computes the result and sets the flags.</summary>
    static abstract T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>;
}
