using Iced.Intel;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>Makes the state before one run of a form: registers that aim its operands at the arena.</summary>
internal static unsafe class CaseMaker
{
    private const ulong Arithmetic = X64.Rflags.Arithmetic;

    /// <summary>Fills in the state; false if it happens to be one that would lead the host astray.</summary>
    public static bool Fill(Random random, Form form, NativeRunner runner)
    {
        NativeContext* c = runner.Context;
        for (int i = 0; i < 16; i++)
        {
            c->In[i] = RandomValues.Next(random);
        }

        c->FlagsIn = 0x202 | ((ulong)random.Next() & Arithmetic);
        Instruction instruction = form.Instruction;
        int size = Math.Max(1, instruction.MemorySize.GetSize());
        OpCodeInfo info = instruction.Code.ToOpCode();
        bool isString = instruction.IsStringInstruction;
        if (isString)
        {
            c->FlagsIn |= random.Next(4) == 0 ? X64.Rflags.DF : 0;
            c->In[1] = (ulong)random.Next(random.Next(8) == 0 ? 2000 : 24);
            c->In[6] = Arena.RandomAddress(random, size);
            c->In[7] = random.Next(3) == 0 ? c->In[6] + (ulong)random.Next(-24, 24) : Arena.RandomAddress(random, size);
        }

        if (info.IsStackInstruction)
        {
            c->In[4] = Arena.RandomAddress(random, 8);
            c->In[5] = Arena.RandomAddress(random, 8);
        }

        Mnemonic mnemonic = instruction.Mnemonic;
        if (mnemonic is Mnemonic.Div or Mnemonic.Idiv && random.Next(4) != 0)
        {
            c->In[2] = mnemonic == Mnemonic.Div ? (ulong)random.Next(4) : (ulong)((long)c->In[0] >> 63);
        }

        if (mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc
            && instruction.Op0Kind == OpKind.Memory && instruction.Op1Kind == OpKind.Register)
        {
            // Far bits of a string would be anywhere in the host's memory, but for those that are not canonical.
            bool far = instruction.Op1Register.IsGPR64() && random.Next(8) == 0;
            c->In[instruction.Op1Register.GetNumber()] = far ? 1UL << random.Next(52, 62) : (ulong)(long)random.Next(-9000, 9000);
        }

        bool isBranch = instruction.FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Return;
        if (isBranch && instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Register)
        {
            c->In[instruction.Op0Register.GetNumber()] = BranchTarget(random, runner);
        }

        ulong address = AimMemory(random, instruction, size, c);
        if (instruction.FlowControl == FlowControl.Return)
        {
            address = c->In[4];
        }

        if (isBranch && (instruction.FlowControl == FlowControl.Return || instruction.Op0Kind == OpKind.Memory)
            && !Poke(address, BranchTarget(random, runner)))
        {
            return false;
        }

        if (mnemonic is Mnemonic.Cmpxchg or Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b)
        {
            MatchAccumulator(random, instruction, address, c);
        }

        return !info.IsStackInstruction || Arena.IsNear(c->In[4]) || !IsCanonical(c->In[4]);
    }

    private static bool IsCanonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;

    /// <summary>Gives the base register the value that makes the operand lie at a random address of the arena.</summary>
    private static ulong AimMemory(Random random, in Instruction instruction, int size, NativeContext* c)
    {
        bool hasMemory = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            hasMemory |= instruction.GetOpKind(i) == OpKind.Memory;
        }

        if (!hasMemory)
        {
            return 0;
        }

        Register register = instruction.MemoryBase;
        if (!register.IsGPR())
        {
            return register == Register.RIP ? instruction.IPRelativeMemoryAddress : instruction.MemoryDisplacement64;
        }

        ulong address = Arena.RandomAddress(random, size);
        if (register.GetSize() == 4 && !Arena.IsNear(address))
        {
            address = Arena.Start;
        }

        if (random.Next(2) == 0 && size <= 16)
        {
            address &= ~((ulong)size - 1);
        }

        ulong index = instruction.MemoryIndex switch
        {
            Register.None => 0,
            Register.AL => (byte)c->In[0],
            Register other when other.IsGPR() => c->In[other.GetNumber()] * (ulong)instruction.MemoryIndexScale,
            _ => 0,
        };
        ulong value = address - index - instruction.MemoryDisplacement64;
        c->In[register.GetNumber()] = register.GetSize() == 4 ? (uint)value | (RandomValues.Next(random) << 32) : value;
        return address;
    }

    /// <summary>Somewhere else than the landing pad only where the branch itself faults.</summary>
    private static ulong BranchTarget(Random random, NativeRunner runner) =>
        random.Next(8) == 0 ? 0x0000_8000_0000_0000UL + (ulong)random.NextInt64(1L << 40) : runner.LandingAddress;

    /// <summary>Puts a branch target in place; false if there is another one that cannot be changed.</summary>
    private static bool Poke(ulong address, ulong value)
    {
        if (!Arena.IsAllowed(address, true) || !Arena.IsAllowed(address + 7, true))
        {
            return !Arena.IsAllowed(address, false) || !Arena.IsAllowed(address + 7, false);
        }

        *(ulong*)address = value;
        return true;
    }

    private static void MatchAccumulator(Random random, in Instruction instruction, ulong address, NativeContext* c)
    {
        if (random.Next(2) == 0)
        {
            return;
        }

        if (instruction.Op0Kind == OpKind.Register)
        {
            c->In[0] = c->In[instruction.Op0Register.GetNumber()];
        }
        else if (Arena.IsAllowed(address, false) && Arena.IsAllowed(address + 15, false)
            && instruction.MemoryBase.GetNumber() is not (0 or 2) && instruction.MemoryIndex.GetNumber() is not (0 or 2))
        {
            bool eight = instruction.Mnemonic == Mnemonic.Cmpxchg8b;
            c->In[0] = *(ulong*)address;
            c->In[2] = eight ? *(uint*)(address + 4) : *(ulong*)(address + 8);
        }
    }
}
