using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Engine;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Parallel;

/// <summary>
/// The memory model of x86 (Intel SDM vol. 3 §9.2, AMD APM vol. 2 §7.2) between virtual processors: what it forbids is not seen
/// in a million runs. A test counts only if the weakest result that is allowed was seen, which shows that the processors did
/// meet.
/// </summary>
[Collection(nameof(ParallelGuests))]
public sealed class LitmusTests
{
    private const int Million = 1_000_000;

    /// <summary>What lies between the store and the load of a run, by name.</summary>
    private static readonly Dictionary<string, Action<Assembler>> s_fences = new()
    {
        ["MFENCE"] = a => a.mfence(),
        ["LOCK OR"] = a => a.@lock.or(__dword_ptr[rsp - 64], 0),
        ["LOCK XADD"] = a => a.@lock.xadd(__qword_ptr[rsp - 64], rax),
        ["LOCK CMPXCHG"] = a => a.@lock.cmpxchg(__qword_ptr[rsp - 64], rax),
        ["LOCK over a line's edge"] = a => a.@lock.or(__dword_ptr[rsp - 66], 0),
        ["XCHG"] = a => a.xchg(__[rsp - 64], rax),
        ["CPUID"] = a =>
        {
            a.xor(eax, eax);
            a.cpuid();
        },
        ["MOV CR3"] = a =>
        {
            a.mov(rax, cr3);
            a.mov(cr3, rax);
        },
        ["MOV DR"] = a =>
        {
            a.xor(eax, eax);
            a.mov(dr0, rax);
        },
        ["INVLPG"] = a => a.invlpg(__byte_ptr[rsp - 64]),
        ["WBINVD"] = a => a.wbinvd(),
        ["LIDT"] = a =>
        {
            a.sidt(__[rsp - 64]);
            a.lidt(__[rsp - 64]);
        },
        ["WRMSR"] = a => EngineGuests.Wrmsr(a, Msr.LStar, 0),
        ["OUT"] = a => a.@out(0x80, al),
        ["IRET"] = a =>
        {
            Label next = a.CreateLabel();
            a.mov(rax, rsp);
            a.push(BareGuest.DataSelector);
            a.push(rax);
            a.pushfq();
            a.push(BareGuest.CodeSelector);
            a.lea(rax, __[next]);
            a.push(rax);
            a.iretq();
            a.Label(ref next);
            a.nop();
        },
    };

    /// <summary>Each tier.</summary>
    public static TheoryData<bool> Tiers => [false, true];

    /// <summary>Each tier with each fence.</summary>
    public static TheoryData<bool, string, int> Fences
    {
        get
        {
            TheoryData<bool, string, int> data = [];
            foreach (string fence in s_fences.Keys)
            {
                bool usual = fence is "MFENCE" or "LOCK OR" or "LOCK over a line's edge" or "XCHG";
                data.Add(false, fence, usual ? Million : Million / 10);
                data.Add(true, fence, usual ? Million : Million / 10);
            }

            return data;
        }
    }

    /// <summary>Loads may pass earlier stores to other places: both may miss the other's store. A fence forbids it.</summary>
    [Theory]
    [MemberData(nameof(Fences))]
    public void StoreBuffering_WithAFence_IsNotSeen(bool translated, string fence, int runs)
    {
        SkipOnOneCore();
        Repeat(() =>
        {
            byte[][][] results = LitmusGuest.Run(
                translated,
                runs,
                [1, 1],
                (a, index, keep) => StoreAndLoad(a, index, keep, static _ => { }),
                (a, index, keep) => StoreAndLoad(a, index, keep, s_fences[fence]));
            Assert.Equal(0, Count(results[1], 0, 0));
            return Count(results[0], 0, 0);
        });
    }

    /// <summary>Stores become visible in their order, and loads are made in theirs.</summary>
    [Theory]
    [MemberData(nameof(Tiers))]
    public void MessagePassing_FlagSeen_DataIsSeen(bool translated)
    {
        SkipOnOneCore();
        Repeat(() =>
        {
            byte[] results = LitmusGuest.Run(translated, Million, [0, 2], (a, index, keep) =>
            {
                if (index == 0)
                {
                    a.mov(__dword_ptr[rdi + LitmusGuest.X], r13d);
                    a.mov(__dword_ptr[rdi + LitmusGuest.Y], r13d);
                    return;
                }

                a.mov(eax, __[rdi + LitmusGuest.Y]);
                a.mov(ecx, __[rdi + LitmusGuest.X]);
                keep();
                a.mov(eax, ecx);
                keep();
            })[0][1];
            int met = 0;
            for (int i = 0; i < results.Length; i += 2)
            {
                Assert.False(results[i] == 1 && results[i + 1] == 0, $"Run {i / 2} saw the flag and not the data.");

                // The data and not yet the flag.
                met += results[i] == 0 && results[i + 1] == 1 ? 1 : 0;
            }

            return met;
        });
    }

    /// <summary>A load does not see what a later store of its own processor leads to.</summary>
    [Theory]
    [MemberData(nameof(Tiers))]
    public void LoadBuffering_BothLoadBeforeTheyStore_NotBothSeeTheOthersStore(bool translated)
    {
        SkipOnOneCore();
        Repeat(() =>
        {
            byte[][] results = LitmusGuest.Run(translated, Million, [1, 1], (a, index, keep) =>
            {
                a.mov(eax, __[rdi + (index == 0 ? LitmusGuest.X : LitmusGuest.Y)]);
                a.mov(__dword_ptr[rdi + (index == 0 ? LitmusGuest.Y : LitmusGuest.X)], r13d);
                keep();
            })[0];
            Assert.Equal(0, Count(results, 1, 1));
            return Count(results, 0, 0);
        });
    }

    private static void StoreAndLoad(Assembler a, int index, Action keep, Action<Assembler> fence)
    {
        a.mov(__dword_ptr[rdi + (index == 0 ? LitmusGuest.X : LitmusGuest.Y)], r13d);
        fence(a);
        a.mov(eax, __[rdi + (index == 0 ? LitmusGuest.Y : LitmusGuest.X)]);
        keep();
    }

    private static int Count(byte[][] results, byte first, byte second)
    {
        int count = 0;
        for (int i = 0; i < results[0].Length; i++)
        {
            count += results[0][i] == first && results[1][i] == second ? 1 : 0;
        }

        return count;
    }

    private static void Repeat(Func<long> attempt)
    {
        long met = ParallelGuests.UntilMet(attempt);
        TestContext.Current.TestOutputHelper?.WriteLine($"Seen {met} times.");
        Assert.True(met > 0, "The processors did not meet: the weak result was not seen.");
    }

    private static void SkipOnOneCore() =>
        Assert.SkipWhen(Environment.ProcessorCount < 2, "On one core virtual processors do not run at the same time.");
}
