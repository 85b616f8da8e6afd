namespace Nestvisor.Engine.Software.Paging;

/// <summary>The translation contexts of one virtual processor; the least recently used one makes room for a new one.</summary>
internal sealed class ContextPool
{
    private readonly TranslationContext[] _contexts = new TranslationContext[24];
    private int _created;
    private long _clock;

    /// <summary>The context that the inline tables come from.</summary>
    public TranslationContext Current { get; private set; } = null!;

    /// <summary>How many contexts were taken from another address space.</summary>
    public long Evictions { get; private set; }

    /// <summary>How many flushes dropped entries.</summary>
    public long Flushes { get; private set; }

    /// <summary>Makes the context of an address space current.</summary>
    public void Select(uint asid, ushort pcid, ulong keys)
    {
        TranslationContext? oldest = null;
        for (int i = 0; i < _created; i++)
        {
            TranslationContext context = _contexts[i];
            if (context.InUse && context.Asid == asid && context.Pcid == pcid && context.Keys == keys)
            {
                context.LastUse = ++_clock;
                Current = context;
                return;
            }

            if (oldest is null || !context.InUse || (oldest.InUse && context.LastUse < oldest.LastUse))
            {
                oldest = context;
            }
        }

        if (_created < _contexts.Length && oldest is not { InUse: false })
        {
            oldest = new TranslationContext();
            _contexts[_created++] = oldest;
        }
        else
        {
            Evictions += oldest!.InUse ? 1 : 0;
            oldest.FlushAll();
        }

        oldest.Asid = asid;
        oldest.Pcid = pcid;
        oldest.Keys = keys;
        oldest.InUse = true;
        oldest.LastUse = ++_clock;
        Current = oldest;
    }

    /// <summary>Drops everything of all address spaces.</summary>
    public void FlushEverything()
    {
        Flushes++;
        for (int i = 0; i < _created; i++)
        {
            _contexts[i].FlushAll();
        }
    }

    /// <summary>Drops everything of one ASID.</summary>
    public void FlushAsid(uint asid, bool keepGlobal)
    {
        Flushes++;
        for (int i = 0; i < _created; i++)
        {
            if (_contexts[i].InUse && _contexts[i].Asid == asid)
            {
                Flush(_contexts[i], keepGlobal);
            }
        }
    }

    /// <summary>Drops the entries of one PCID that are not global.</summary>
    public void FlushPcid(uint asid, ushort pcid)
    {
        Flushes++;
        for (int i = 0; i < _created; i++)
        {
            if (_contexts[i].InUse && _contexts[i].Asid == asid && _contexts[i].Pcid == pcid)
            {
                _contexts[i].FlushNonGlobal();
            }
        }
    }

    /// <summary>Drops one linear page in all address spaces of an ASID: it may be global.</summary>
    public void FlushPage(uint asid, ulong linear)
    {
        for (int i = 0; i < _created; i++)
        {
            if (_contexts[i].InUse && _contexts[i].Asid == asid)
            {
                _contexts[i].FlushPage(linear);
            }
        }
    }

    /// <summary>Drops write entries that lead to one page of host memory.</summary>
    public void DropWrites(ulong hostPage)
    {
        for (int i = 0; i < _created; i++)
        {
            _contexts[i].DropWrites(hostPage);
        }
    }

    /// <summary>Frees all tables.</summary>
    public void Free()
    {
        for (int i = 0; i < _created; i++)
        {
            _contexts[i].Free();
        }
    }

    private static void Flush(TranslationContext context, bool keepGlobal)
    {
        if (keepGlobal)
        {
            context.FlushNonGlobal();
        }
        else
        {
            context.FlushAll();
        }
    }
}
