using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Accesses that the processor makes by itself, as a supervisor: descriptor tables, task state, stacks of handlers.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private int SupervisorClass => (State->Cr4 & Cr4.SMAP) != 0
        ? TranslationContext.SupervisorSmapClass
        : TranslationContext.SupervisorClass;

    /// <summary>Reads linear memory as a supervisor.</summary>
    public int ReadSystem(ulong linear, void* target, int length) =>
        AccessSystem(linear, (byte*)target, length, AccessKind.Read, SupervisorClass);

    /// <summary>Writes linear memory as a supervisor: all of it, or nothing.</summary>
    public int WriteSystem(ulong linear, void* source, int length) =>
        AccessSystem(linear, (byte*)source, length, AccessKind.Write, SupervisorClass);

    /// <summary>Writes a frame onto the stack of a privilege level: all of it, or nothing.</summary>
    public int WriteStack(int privilege, ulong linear, void* source, int length) =>
        AccessSystem(linear, (byte*)source, length, AccessKind.Write, privilege == 3 ? TranslationContext.UserClass : SupervisorClass);

    private int AccessSystem(ulong linear, byte* buffer, int length, AccessKind kind, int privilegeClass)
    {
        // The tables of long mode are anywhere, in whatever code an event comes.
        ulong mask = (State->Efer & Efer.LMA) != 0 ? ulong.MaxValue : uint.MaxValue;
        linear &= mask;
        if (!CpuLimits.IsCanonical(linear) || !CpuLimits.IsCanonical(linear + (ulong)length - 1))
        {
            return Fault.GeneralProtection(State, 0);
        }

        TlbEntry* entry = _contexts.Current.Table(privilegeClass, kind) + ((linear >> 12) & (TlbEntry.Count - 1));
        if ((linear ^ entry->Tag) <= (ulong)(4096 - length))
        {
            byte* host = (byte*)(entry->Page + (linear & 0xFFF));
            Buffer.MemoryCopy(kind == AccessKind.Write ? buffer : host, kind == AccessKind.Write ? host : buffer, length, length);
            return Status.Next;
        }

        int first = (int)Math.Min((ulong)length, 4096 - (linear & 0xFFF));
        int status = Translate(linear, kind, privilegeClass, out ulong physical, insert: true);
        ulong second = 0;
        if (status == Status.Next && first < length)
        {
            status = Translate(NextPage(linear, mask), kind, privilegeClass, out second, insert: true);
        }

        if (status != Status.Next)
        {
            return status;
        }

        if (kind == AccessKind.Write)
        {
            WritePhysical(physical, buffer, first);
            if (first < length)
            {
                WritePhysical(second, buffer + first, length - first);
            }
        }
        else
        {
            ReadPhysical(physical, buffer, first);
            if (first < length)
            {
                ReadPhysical(second, buffer + first, length - first);
            }
        }

        return Status.Next;
    }
}
