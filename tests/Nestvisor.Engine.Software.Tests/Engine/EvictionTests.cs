using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>Caches that are full are emptied, and the guest does not notice.</summary>
public sealed class EvictionTests
{
    private const ulong Functions = 0x40_0000;
    private const int Count = 4_000;
    private const int Stride = 48;
    private const int Rounds = 3;

    [Fact]
    public void Caches_SmallerThanTheCode_AreEmptiedAndTheResultIsRight()
    {
        using BareGuest guest = new(options: Tier.Tiny);
        ulong expected = 0;
        for (int i = 0; i < Count; i++)
        {
            int value = (i * 7919) & 0xFFFF;
            guest.Assemble(Functions + (ulong)(i * Stride), a =>
            {
                Iced.Intel.Label skip = a.CreateLabel();
                a.add(rax, value);
                a.test(rax, rax);
                a.js(skip);
                a.rol(rax, 1);
                a.Label(ref skip);
                a.xor(rax, rcx);
                a.ret();
            });
        }

        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < Count; i++)
            {
                expected += (ulong)((i * 7919) & 0xFFFF);
                expected = (long)expected < 0 ? expected : ulong.RotateLeft(expected, 1);
                expected ^= (ulong)(Count - i);
            }
        }

        guest.Assemble(BareGuest.Code, a =>
        {
            Iced.Intel.Label outer = a.CreateLabel();
            Iced.Intel.Label inner = a.CreateLabel();
            a.xor(eax, eax);
            a.mov(edi, Rounds);
            a.Label(ref outer);
            a.mov(rbx, Functions);
            a.mov(ecx, Count);
            a.Label(ref inner);
            a.call(rbx);
            a.add(rbx, Stride);
            a.dec(ecx);
            a.jnz(inner);
            a.dec(edi);
            a.jnz(outer);
            BareGuest.Stop(a);
        });

        Assert.Equal(RunResult.Stopped, guest.Run());

        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(expected, guest.Processor.GetState().Gpr[0]);
        Assert.True(guest.Processor.Blocks.Flushes > 3, $"emptied {guest.Processor.Blocks.Flushes} times");

        // Whichever was full first: the native code or the store of its blocks.
        IReadOnlyDictionary<string, long> counters = guest.Partition.GetCounters();
        Assert.Equal(guest.Processor.Blocks.Flushes, counters["blockFlushes"]);
        Assert.InRange(counters["nativeCodeEvictions"], 0, counters["blockFlushes"]);
        Assert.InRange(counters["blocksTranslated"], Count, long.MaxValue);
        Assert.InRange(counters["nativeCodeBytes"], 1, Tier.Tiny.NativeCodeBytes);
    }
}
