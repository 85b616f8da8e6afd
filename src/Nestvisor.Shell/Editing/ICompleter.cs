namespace Nestvisor.Shell.Editing;

/// <summary>Offers completions.</summary>
internal interface ICompleter
{
    /// <summary>Completions of <paramref name="text"/> at <paramref name="cursor"/>, or null when there are none.</summary>
    Completions? Complete(string text, int cursor);
}
