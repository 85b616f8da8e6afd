namespace Nestvisor.Machine.Bus;

/// <summary>
/// Ranges and who answers in them. A look-up takes no lock and allocates nothing: it reads one immutable table, which every
/// change replaces. Where ranges overlap, the one registered first answers.
/// </summary>
internal sealed class RangeMap<T>
    where T : class
{
    private readonly Lock _lock = new();
    private readonly List<Registration> _registrations = [];
    private Segment[] _segments = [];

    /// <summary>Registers a range; dispose the result to take it away.</summary>
    /// <param name="first">First address.</param>
    /// <param name="last">Last address.</param>
    /// <param name="target">Who answers.</param>
    public IDisposable Add(ulong first, ulong last, T target)
    {
        Registration registration = new(this, first, last, target);
        lock (_lock)
        {
            _registrations.Add(registration);
            Rebuild();
        }

        return registration;
    }

    /// <summary>Finds who answers at an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="offset">Its distance from the start of the registered range.</param>
    public T? Find(ulong address, out ulong offset)
    {
        Segment[] segments = Volatile.Read(ref _segments);
        int low = 0;
        int high = segments.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ref readonly Segment segment = ref segments[middle];
            if (address < segment.First)
            {
                high = middle - 1;
            }
            else if (address > segment.Last)
            {
                low = middle + 1;
            }
            else
            {
                offset = address - segment.Origin;
                return segment.Target;
            }
        }

        offset = 0;
        return null;
    }

    private void Remove(Registration registration)
    {
        lock (_lock)
        {
            if (_registrations.Remove(registration))
            {
                Rebuild();
            }
        }
    }

    private void Rebuild()
    {
        List<Segment> segments = [];
        foreach (Registration registration in _registrations)
        {
            AddUncovered(segments, registration);
        }

        Volatile.Write(ref _segments, [.. segments]);
    }

    // Inserts the parts of a registration that no earlier one holds; the list stays sorted and free of overlaps.
    private static void AddUncovered(List<Segment> segments, Registration registration)
    {
        ulong next = registration.First;
        int index = 0;
        while (true)
        {
            while (index < segments.Count && segments[index].Last < next)
            {
                index++;
            }

            ulong end = registration.Last;
            bool blocked = index < segments.Count && segments[index].First <= registration.Last;
            if (blocked)
            {
                if (segments[index].First <= next)
                {
                    if (segments[index].Last >= registration.Last)
                    {
                        return;
                    }

                    next = segments[index].Last + 1;
                    continue;
                }

                end = segments[index].First - 1;
            }

            segments.Insert(index, new Segment(next, end, registration.First, registration.Target));
            if (!blocked)
            {
                return;
            }

            next = end + 1;
        }
    }

    private readonly record struct Segment(ulong First, ulong Last, ulong Origin, T Target);

    private sealed class Registration(RangeMap<T> map, ulong first, ulong last, T target) : IDisposable
    {
        public ulong First => first;

        public ulong Last => last;

        public T Target => target;

        public void Dispose() => map.Remove(this);
    }
}
