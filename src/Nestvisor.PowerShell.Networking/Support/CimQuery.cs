using System.Management.Automation;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>
/// What a command was asked for: conditions on properties, each of which has one of several values. What is not found is an error as with
/// Windows' commands: with one condition each value without a wildcard that nothing has; with several, that nothing meets them all.
/// </summary>
/// <param name="cimClass">The class of the objects, for errors.</param>
internal sealed class CimQuery<T>(string cimClass)
{
    private readonly List<Condition> _conditions = [];

    /// <summary>A text property: wildcards work, case does not matter.</summary>
    /// <param name="property">Its name.</param>
    /// <param name="values">What it may be; null for anything.</param>
    /// <param name="of">The texts that an object answers to.</param>
    public CimQuery<T> Like(string property, IEnumerable<string>? values, Func<T, IEnumerable<string>> of)
    {
        if (values is not null)
        {
            _conditions.Add(new Condition(
                property,
                [.. values.Select(value => new Term(value, WildcardPattern.ContainsWildcardCharacters(value), Matcher(value, of)))]));
        }

        return this;
    }

    /// <summary>A text property with one text.</summary>
    public CimQuery<T> Like(string property, IEnumerable<string>? values, Func<T, string> of) => Like(property, values, item => [of(item)]);

    /// <summary>Another property.</summary>
    public CimQuery<T> Is<TValue>(string property, IEnumerable<TValue>? values, Func<T, TValue> of)
    {
        if (values is not null)
        {
            _conditions.Add(new Condition(
                property, [.. values.Select(value => new Term(value, false, item => EqualityComparer<TValue>.Default.Equals(of(item), value)))]));
        }

        return this;
    }

    /// <summary>The objects that meet all conditions.</summary>
    /// <param name="all">All objects.</param>
    /// <param name="onError">Told what is not found.</param>
    public IReadOnlyList<T> Run(IEnumerable<T> all, Action<ErrorRecord> onError)
    {
        List<T> found = [.. all.Where(item => _conditions.TrueForAll(condition => condition.Terms.Exists(term => term.Meets(item))))];
        if (_conditions.Count == 1)
        {
            Condition only = _conditions[0];
            foreach (Term term in only.Terms.Where(term => !term.IsPattern && !found.Exists(item => term.Meets(item))))
            {
                onError(CimError.NotFoundByProperty(cimClass, only.Property, term.Value));
            }
        }
        else if (found.Count == 0 && _conditions.Exists(condition => condition.Terms.Exists(term => !term.IsPattern)))
        {
            onError(CimError.NotFoundByQuery(cimClass, $"SELECT * FROM {cimClass}  WHERE {string.Join(" AND ", _conditions)}"));
        }

        return found;
    }

    // A name with brackets that means itself, such as 'a[1]', is found too.
    private static Func<T, bool> Matcher(string value, Func<T, IEnumerable<string>> of)
    {
        WildcardPattern pattern = WildcardPattern.Get(value, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        return item => of(item).Any(text => pattern.IsMatch(text) || string.Equals(text, value, StringComparison.OrdinalIgnoreCase));
    }

    private sealed record Condition(string Property, List<Term> Terms)
    {
        public override string ToString() => $"({string.Join(" OR ", Terms.Select(term => $"({Property} {(term.IsPattern || term.Value is string ? "LIKE" : "=")} '{term.Value}')"))})";
    }

    private sealed record Term(object? Value, bool IsPattern, Func<T, bool> Meets);
}
