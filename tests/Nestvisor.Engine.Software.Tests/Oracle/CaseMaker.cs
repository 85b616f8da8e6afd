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
        bool legacy = form.IsLegacy;
        for (int i = 0; i < 16; i++)
        {
            c->In[i] = legacy ? (uint)RandomValues.Next(random) : RandomValues.Next(random);
        }

        c->FlagsIn = 0x202 | ((ulong)random.Next() & Arithmetic);
        Instruction instruction = form.Instruction;
        int size = Math.Max(1, instruction.MemorySize.GetSize());
        OpCodeInfo info = instruction.Code.ToOpCode();
        bool isString = instruction.IsStringInstruction;
        if (isString)
        {
            c->FlagsIn |= random.Next(4) == 0 ? X64.Rflags.DF : 0;
            AimString(random, form, size, c);
        }

        if (info.IsStackInstruction)
        {
            // The upper half of ESP is nobody's business with a 16-bit stack; the rest of the host's is zero there.
            ulong stackBase = form.BaseOf(Register.SS);
            c->In[4] = RandomAddress(random, form, 8) - stackBase;
            c->In[5] = RandomAddress(random, form, 8) - stackBase;
        }

        Mnemonic mnemonic = instruction.Mnemonic;
        if (mnemonic is Mnemonic.Div or Mnemonic.Idiv && random.Next(4) != 0)
        {
            c->In[2] = mnemonic == Mnemonic.Div ? (ulong)random.Next(4)
                : legacy ? (uint)((int)c->In[0] >> 31) : (ulong)((long)c->In[0] >> 63);
        }

        if (mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc
            && instruction.Op0Kind == OpKind.Memory && instruction.Op1Kind == OpKind.Register)
        {
            // Far bits of a string would be anywhere in the host's memory, but for those that are not canonical.
            bool far = !legacy && instruction.Op1Register.IsGPR64() && random.Next(8) == 0;
            c->In[instruction.Op1Register.GetNumber()] = far
                ? 1UL << random.Next(52, 62)
                : legacy ? (uint)random.Next(-9000, 9000) : (ulong)(long)random.Next(-9000, 9000);
        }

        bool isBranch = instruction.FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Return;
        if (isBranch && instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Register)
        {
            c->In[instruction.Op0Register.GetNumber()] = BranchTarget(random, runner, form);
        }

        ulong address = AimMemory(random, form, size, c);
        if (instruction.FlowControl == FlowControl.Return)
        {
            address = c->In[4] + form.BaseOf(Register.SS);
        }

        if (isBranch && (instruction.FlowControl == FlowControl.Return || instruction.Op0Kind == OpKind.Memory)
            && !Poke(address, BranchTarget(random, runner, form), TargetSize(form)))
        {
            return false;
        }

        if (mnemonic is Mnemonic.Cmpxchg or Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b)
        {
            MatchAccumulator(random, instruction, address, c);
        }

        return !info.IsStackInstruction || legacy || Arena.IsNear(c->In[4]) || !IsCanonical(c->In[4]);
    }

    // Legacy linear addresses have 32 bits, and those outside the arena are the host's own.
    private static ulong RandomAddress(Random random, Form form, int size)
    {
        ulong address = Arena.RandomAddress(random, size);
        return form.IsLegacy && !Arena.IsNear(address) ? Arena.Start : address;
    }

    private static void AimString(Random random, Form form, int size, NativeContext* c)
    {
        Instruction instruction = form.Instruction;
        bool by16 = Has(instruction, OpKind.MemorySegSI, OpKind.MemoryESDI);
        bool by32 = Has(instruction, OpKind.MemorySegESI, OpKind.MemoryESEDI);
        ulong mask = by16 ? 0xFFFF : by32 ? uint.MaxValue : ulong.MaxValue;
        ulong count = (ulong)random.Next(random.Next(8) == 0 ? 2000 : 24);
        Register segment = instruction.SegmentPrefix == Register.GS ? Register.GS : Register.DS;
        ulong source = by32 ? NearAddress(random, size) : RandomAddress(random, form, size);
        ulong target = random.Next(3) == 0 ? source + (ulong)random.Next(-24, 24)
            : by32 ? NearAddress(random, size) : RandomAddress(random, form, size);
        Put(c, 1, count, mask);
        Put(c, 6, source - form.BaseOf(segment), mask);
        Put(c, 7, target - form.BaseOf(Register.ES), mask);
    }

    private static ulong NearAddress(Random random, int size)
    {
        ulong address = Arena.RandomAddress(random, size);
        return Arena.IsNear(address) ? address : Arena.Start;
    }

    // What an address of fewer bits does not use stays as it is.
    private static void Put(NativeContext* c, int register, ulong value, ulong mask) =>
        c->In[register] = (c->In[register] & ~mask) | (value & mask);

    private static bool Has(in Instruction instruction, OpKind one, OpKind other)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == one || instruction.GetOpKind(i) == other)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsCanonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;

    /// <summary>Gives the base register the value that makes the operand lie at a random address of the arena.</summary>
    private static ulong AimMemory(Random random, Form form, int size, NativeContext* c)
    {
        Instruction instruction = form.Instruction;
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
        ulong segment = form.BaseOf(instruction.SegmentPrefix == Register.GS ? Register.GS : Register.DS);
        if (!register.IsGPR())
        {
            return segment + (register == Register.RIP ? instruction.IPRelativeMemoryAddress : instruction.MemoryDisplacement64);
        }

        ulong address = Arena.RandomAddress(random, size);
        if (register.GetSize() != 8 && !Arena.IsNear(address))
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
            Register other when other.IsGPR16() => (ushort)c->In[other.GetNumber()],
            Register other when form.IsLegacy && other.IsGPR32() => (uint)c->In[other.GetNumber()] * (ulong)instruction.MemoryIndexScale,
            Register other when other.IsGPR() => c->In[other.GetNumber()] * (ulong)instruction.MemoryIndexScale,
            _ => 0,
        };
        ulong value = address - segment - index - instruction.MemoryDisplacement64;
        switch (register.GetSize())
        {
            case 2:
                Put(c, register.GetNumber(), value, 0xFFFF);
                break;
            case 4:
                c->In[register.GetNumber()] = (uint)value | (form.IsLegacy ? 0 : RandomValues.Next(random) << 32);
                break;
            default:
                c->In[register.GetNumber()] = value;
                break;
        }

        return address;
    }

    /// <summary>Somewhere else than the landing pad only where the branch itself faults.</summary>
    private static ulong BranchTarget(Random random, NativeRunner runner, Form form)
    {
        bool elsewhere = random.Next(8) == 0;
        if (form.IsLegacy)
        {
            // Beyond the limit of 16-bit code, if the operand has 32 bits.
            return elsewhere && form.Bitness == 16 && Targets32(form.Instruction)
                ? 0x1_0000 + (ulong)random.Next(1 << 24)
                : runner.LandingOf(form.Bitness);
        }

        return elsewhere ? 0x0000_8000_0000_0000UL + (ulong)random.NextInt64(1L << 40) : runner.LandingAddress;
    }

    private static uint TargetSize(Form form) => form.Instruction.Code switch
    {
        Code.Call_rm16 or Code.Jmp_rm16 or Code.Retnw or Code.Retnw_imm16 => 2,
        _ => form.IsLegacy ? 4u : 8u,
    };

    private static bool Targets32(in Instruction instruction) =>
        instruction.Code is Code.Call_rm32 or Code.Jmp_rm32 or Code.Retnd or Code.Retnd_imm16;

    /// <summary>Puts a branch target in place; false if there is another one that cannot be changed.</summary>
    private static bool Poke(ulong address, ulong value, uint size)
    {
        ulong last = address + size - 1;
        if (!Arena.IsAllowed(address, true) || !Arena.IsAllowed(last, true))
        {
            return !Arena.IsAllowed(address, false) || !Arena.IsAllowed(last, false);
        }

        if (size == 2)
        {
            *(ushort*)address = (ushort)value;
        }
        else if (size == 4)
        {
            *(uint*)address = (uint)value;
        }
        else
        {
            *(ulong*)address = value;
        }

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
